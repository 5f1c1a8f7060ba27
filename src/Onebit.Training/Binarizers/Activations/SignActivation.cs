using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign of an activation. Forward: <c>b = +1 if x >= 0 else -1</c>. Pseudo-gradient: <c>dL/dx = dL/db</c> where
/// <c>|x| &lt;= 1</c>, else 0. Hubara, Courbariaux, Soudry, El-Yaniv &amp; Bengio, "Binarized Neural Networks", NIPS 2016, section 1.2.
/// </summary>
public sealed class SignActivation : ActivationBinarizer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Steps.Of(x, new SignStep());
}
