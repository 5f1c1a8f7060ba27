using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign times a size that gradients do not see. Forward: <c>b = a (+1 if w >= 0 else -1)</c>, a the mean absolute weight of the
/// output. Pseudo-gradient: <c>dL/dw = dL/db</c> where <c>|w| &lt;= 1</c>, else 0. Liu et al., "Bi-Real Net", ECCV 2018, section 3.3;
/// the paper derives a gradient through a too, its authors' code (and that of ReActNet, ECCV 2020) holds a constant, as here.
/// </summary>
public class ScaledSignWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override Tensor Scale(Tensor latent) => MeanAbsolute(latent);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x.clamp(-1, 1), Signs(x) * Scale(x));
}
