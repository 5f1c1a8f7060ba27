using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Signs of weights and of biases, or, in two planes, signs and zeros. Forward: <c>b = +1 if w >= 0 else -1</c>; with two planes the share
/// lambda of the layer's weights that is smallest becomes 0. Pseudo-gradient: <c>dL/dw = dL/db (1 - tanh(w)^2)</c>. Kept real, for the
/// first of its two stages, a weight or bias is <c>tanh(w)</c>. Kim &amp; Smaragdis, "Bitwise Neural Networks", 2016, sections 3.2 and 3.3.
/// </summary>
/// <param name="sparsity">lambda; 0: one plane.</param>
public sealed class BitwiseWeights(double sparsity) : WeightBinarizer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightPlane> Planes(Tensor latent) =>
        sparsity == 0 ? base.Planes(latent) : TernaryWeights.Of(latent, Threshold(latent), ones(1));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) =>
        StraightThrough(x.tanh(), sparsity == 0 ? SignOf(x) : TernaryWeights.LevelsOf(x, Threshold(x)));

    private Tensor Threshold(Tensor latent) => tensor(SmallestAbsolute(latent, Math.Max(1, (long)Math.Round(sparsity * latent.numel()))));

    /// <inheritdoc/>
    public override Tensor Bias(Tensor bias) => StraightThrough(bias.tanh(), SignOf(bias));

    /// <inheritdoc/>
    public override Tensor Real(Tensor latent) => latent.tanh();

    /// <summary>
    /// The k-th smallest absolute value, k from 1. Bits of floats that are not negative are in the floats' order, so one pass counts by the
    /// upper half of them and a second, within the half that holds the k-th, by the lower. libtorch's kthvalue took many times as long.
    /// </summary>
    internal static float SmallestAbsolute(Tensor x, long k)
    {
        const int Low = 15,
            Mask = (1 << Low) - 1;
        using Tensor numbers = x.detach().contiguous();
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<byte, int>(numbers.bytes);
        int[] counts = new int[1 << 16];
        foreach (int b in bits)
        {
            counts[(b & int.MaxValue) >> Low]++;
        }

        int high = Find(counts);
        Array.Clear(counts);
        foreach (int b in bits)
        {
            if ((b & int.MaxValue) >> Low == high)
            {
                counts[b & Mask]++;
            }
        }
        return BitConverter.Int32BitsToSingle(high << Low | Find(counts));

        int Find(int[] counts)
        {
            int at = 0;
            for (; k > counts[at]; at++)
            {
                k -= counts[at];
            }

            return at;
        }
    }
}
