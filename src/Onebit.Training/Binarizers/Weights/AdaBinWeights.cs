using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Two levels an output that keep its mean and deviation. Forward: <c>b = mean + deviation (+1 if w >= mean else -1)</c>. Pseudo-gradient:
/// <c>dL/dw = dL/db</c>, mean and deviation being constants to it. Tu, Chen, Ren &amp; Wang, "AdaBin", ECCV 2022, section 3.2.
/// </summary>
public sealed class AdaBinWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override Tensor Signs(Tensor latent) => SignOf(latent - Offset(latent));

    /// <inheritdoc/>
    public override Tensor Scale(Tensor latent) => (latent.detach() - Offset(latent)).square().mean([1, 2, 3], keepdim: true).sqrt();

    /// <inheritdoc/>
    public override Tensor Offset(Tensor latent) => latent.detach().mean([1, 2, 3], keepdim: true);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x, Levels(Planes(x)) + Offset(x));
}
