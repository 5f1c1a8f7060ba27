using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Signs of weights and of biases. Forward: <c>b = +1 if w >= 0 else -1</c>. Pseudo-gradient: <c>dL/dw = dL/db (1 - tanh(w)^2)</c>.
/// Kept real, for the first of its two stages, a weight or bias is <c>tanh(w)</c>. Kim &amp; Smaragdis, "Bitwise Neural Networks",
/// 2016, sections 3.2 and 3.3, with no weight set to zero (lambda = 0).
/// </summary>
public sealed class BitwiseWeights : WeightBinarizer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x.tanh(), SignOf(x));

    /// <inheritdoc/>
    public override Tensor Bias(Tensor bias) => Forward(bias);

    /// <inheritdoc/>
    public override Tensor Real(Tensor latent) => latent.tanh();
}
