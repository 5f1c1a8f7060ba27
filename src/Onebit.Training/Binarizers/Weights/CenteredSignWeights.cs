using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign of the centered weights times their size. Forward: <c>b = a (+1 if w >= m else -1)</c>, m the mean of the layer's weights and a the
/// mean absolute weight of the output. Pseudo-gradient: <c>dL/dw = dL/db</c> where <c>|w| &lt;= 1</c>, else 0. Liu et al., "BiT", NeurIPS
/// 2022; m and a are seen as constants.
/// </summary>
public sealed class CenteredSignWeights : ScaledSignWeights
{
    /// <inheritdoc/>
    public override Tensor Signs(Tensor latent) => SignOf(latent.detach() - latent.detach().mean());
}
