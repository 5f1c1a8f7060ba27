using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// -1, 0 or +1 times one size a layer, in two planes. Forward: <c>b = s clip(round(w / s), -1, 1)</c>, a half rounded to 0, s the mean
/// absolute weight of the layer. Pseudo-gradient: <c>dL/dw = dL/db</c>. Ma et al., "The Era of 1-bit LLMs", 2024 (BitNet b1.58), section 2.
/// </summary>
public sealed class TernaryWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightPlane> Planes(Tensor latent)
    {
        Tensor size = Size(latent);
        return Of(latent, size / 2, size);
    }

    /// <summary>
    /// Two planes: both +1 above the threshold, both -1 below minus the threshold, one of each from one to the other, which adds to 0.
    /// </summary>
    internal static IReadOnlyList<WeightPlane> Of(Tensor latent, Tensor threshold, Tensor size)
    {
        Tensor half = (size / 2).expand(latent.shape[0], 1, 1, 1);
        return [new(SignOf(latent + threshold), half), new(-SignOf(threshold - latent), half)];
    }

    /// <summary>What two planes of size 1 add up to, in fewer passes over memory.</summary>
    internal static Tensor LevelsOf(Tensor latent, Tensor threshold) =>
        latent.ge(-threshold).to(ScalarType.Float32).add_(latent.gt(threshold)).sub_(1);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        Tensor size = Size(x);
        return StraightThrough(x, LevelsOf(x, size / 2) * size);
    }

    private static Tensor Size(Tensor latent) => latent.detach().abs().mean().clamp_min(1e-5);
}
