using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign with the gradient of tanh. Forward: <c>b = +1 if x >= 0 else -1</c>. Pseudo-gradient: <c>dL/dx = dL/db (1 - tanh(x)^2)</c>.
/// Kim &amp; Smaragdis, "Bitwise Neural Networks", 2016, section 3.3, noisy backpropagation.
/// </summary>
public sealed class TanhSign : ActivationBinarizer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x.tanh(), SignOf(x));
}
