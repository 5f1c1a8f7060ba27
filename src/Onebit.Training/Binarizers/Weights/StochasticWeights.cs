using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Stochastic sign. Forward: <c>b = +1 with probability hard_sigmoid(w) = clip((w + 1) / 2, 0, 1), else -1</c>, drawn
/// anew in each pass. Pseudo-gradient: <c>dL/dw = dL/db</c>. Courbariaux, Bengio &amp; David, "BinaryConnect", NIPS 2015, section 2.3.
/// </summary>
public sealed class StochasticWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override bool ClipsLatent => true;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x, Sample(x));

    /// <summary>One draw of the weights, without a gradient.</summary>
    public static Tensor Sample(Tensor latent)
    {
        using var _ = no_grad();
        // u < (w + 1) / 2 for u uniform in [0, 1) needs no clip: outside [-1, 1] the outcome is certain.
        return rand_like(latent).lt((latent + 1).mul_(0.5)).to(ScalarType.Float32).mul_(2).sub_(1);
    }
}
