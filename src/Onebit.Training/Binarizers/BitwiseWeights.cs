using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Signs of weights and of biases, or, in two planes, signs and zeros. Forward: <c>b = +1 if w >= 0 else -1</c>; with two planes the share
/// lambda of the layer's weights that is smallest becomes 0. Pseudo-gradient: <c>dL/dw = dL/db (1 - tanh(w)^2)</c>. Kept real, for the first of
/// its two stages, a weight or bias is <c>tanh(w)</c>. Kim &amp; Smaragdis, "Bitwise Neural Networks", 2016, sections 3.2 and 3.3.
/// </summary>
/// <param name="zeroWeights">lambda; 0: one plane.</param>
public sealed class BitwiseWeights(double zeroWeights) : WeightBinarizer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightPlane> Planes(Tensor latent)
    {
        if (zeroWeights == 0)
            return base.Planes(latent);
        long zeros = Math.Max(1, (long)Math.Round(zeroWeights * latent.numel()));
        Tensor threshold = latent.detach().abs().flatten().kthvalue(zeros, 0, false).values;
        return TernaryWeights.Of(latent, threshold, ones(1));
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x.tanh(), Levels(Planes(x)));

    /// <inheritdoc/>
    public override Tensor Bias(Tensor bias) => StraightThrough(bias.tanh(), SignOf(bias));

    /// <inheritdoc/>
    public override Tensor Real(Tensor latent) => latent.tanh();
}
