using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign times size. Forward: <c>b = a (+1 if w >= 0 else -1)</c>, a the mean absolute weight of the output, n weights.
/// Pseudo-gradient, of two terms: <c>dL/dw = dL/db (1/n + a)</c> where <c>|w| &lt;= 1</c>, <c>dL/db / n</c> elsewhere.
/// Rastegari, Ordonez, Redmon &amp; Farhadi, "XNOR-Net", ECCV 2016, sections 3.1 and 3.2. The authors' code also centers the
/// weights over input channels, clips them to [-1, 1] and multiplies the gradient by about n; we keep its clipping alone.
/// </summary>
public sealed class XnorWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override bool ClipsLatent => true;

    /// <inheritdoc/>
    public override Tensor Scale(Tensor latent) => MeanAbsolute(latent);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        Tensor scale = Scale(x);
        double n = x.numel() / (double)x.shape[0];
        return StraightThrough(x / n + scale * x.clamp(-1, 1), SignOf(x) * scale);
    }
}
