using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// K planes with a learned basis. Forward: w becomes the nearest of the 2^K levels <c>v . b</c>, b in {-1, +1}^K, each output with a basis
/// v of its own. Pseudo-gradient: <c>dL/dw = dL/dq</c>. The basis is no parameter: each training pass fits it to the bits at hand by least
/// squares and takes a tenth of that. Zhang, Yang, Ye &amp; Hua, "LQ-Nets", ECCV 2018, sections 3.2 and 3.3 (one alternation a step, before
/// the basis is used).
/// </summary>
public sealed class LqWeights : WeightBinarizer
{
    private readonly Tensor _basis,
        _begun = zeros(1);

    internal LqWeights(int bits, long outputs)
    {
        Bits = bits;
        _basis = ones(outputs, bits);
        register_buffer("basis", _basis);
        register_buffer("begun", _begun);
    }

    /// <summary>K.</summary>
    public int Bits { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightPlane> Planes(Tensor latent)
    {
        Tensor planes = Nearest(latent.detach().flatten(1), _basis);
        return
        [
            .. Enumerable
                .Range(0, Bits)
                .Select(k => new WeightPlane(planes.select(2, k).view(latent.shape), _basis.select(1, k).view(-1, 1, 1, 1))),
        ];
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        if (training)
        {
            Fit(x.detach().flatten(1));
        }

        return StraightThrough(x, Levels(Planes(x)));
    }

    /// <summary>The signs of the nearest level: rows x numbers x planes.</summary>
    /// <param name="w">rows x numbers.</param>
    /// <param name="basis">rows x planes.</param>
    internal static Tensor Nearest(Tensor w, Tensor basis)
    {
        int bits = (int)basis.shape[1];
        Tensor codes = LqActivation.Codes(bits) * 2 - 1;
        (Tensor levels, Tensor order) = basis.matmul(codes.t()).sort(dim: 1);
        Tensor middles = (levels.narrow(1, 0, levels.shape[1] - 1) + levels.narrow(1, 1, levels.shape[1] - 1)) / 2;
        Tensor rank = w.unsqueeze(2).ge(middles.unsqueeze(1)).sum(dim: 2);
        return codes.index_select(0, order.gather(1, rank).flatten()).view(w.shape[0], w.shape[1], bits);
    }

    private void Fit(Tensor w)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        if (_begun.item<float>() == 0)
        {
            // Evenly spaced levels, as wide as the weights: the mean absolute weight where there is one plane.
            _basis.copy_(
                w.abs().mean([1], keepdim: true) * tensor([.. Enumerable.Range(0, Bits).Select(k => (float)Math.ScaleB(1, k - Bits + 1))])
            );
            _begun.fill_(1);
        }
        _basis.mul_(0.9).add_(LeastSquares.Fit(Nearest(w, _basis), w), 0.1);
    }
}
