using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign times one size a layer. Forward: <c>b = e (+1 if w >= 0 else -1)</c>, e the mean absolute weight of the whole layer.
/// Pseudo-gradient: <c>dL/dw = dL/db</c>. Zhou, Wu, Ni, Zhou, Wen &amp; Zou, "DoReFa-Net", 2016, section 2.3.
/// </summary>
public sealed class DoReFaWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override Tensor Scale(Tensor latent) => latent.detach().abs().mean().expand(latent.shape[0], 1, 1, 1);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x, SignOf(x) * Scale(x));
}
