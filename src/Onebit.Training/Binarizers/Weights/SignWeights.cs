using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Deterministic sign. Forward: <c>b = +1 if w >= 0 else -1</c>. Pseudo-gradient: <c>dL/dw = dL/db</c>; the trainer
/// clips latent weights to [-1, 1] after each update. Courbariaux, Bengio &amp; David, "BinaryConnect", NIPS 2015, sections 2.2 and 2.4.
/// </summary>
public sealed class SignWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override bool ClipsLatent => true;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Steps.Replace(x.clone(), new SignStep());
}
