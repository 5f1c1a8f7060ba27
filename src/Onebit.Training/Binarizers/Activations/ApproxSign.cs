using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign with a triangle for a gradient. Forward: <c>b = +1 if x >= 0 else -1</c>. Pseudo-gradient:
/// <c>dL/dx = dL/db (2 - 2 |x|)</c> where <c>|x| &lt;= 1</c>, else 0, the derivative of a piecewise quadratic through the sign.
/// Liu, Wu, Luo, Yang, Liu &amp; Cheng, "Bi-Real Net", ECCV 2018, section 3.3.
/// </summary>
public sealed class ApproxSign : ActivationBinarizer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Of(x);

    internal static Tensor Of(Tensor x)
    {
        Tensor clipped = x.clamp(-1, 1);
        return StraightThrough(clipped * (2 - clipped.abs()), SignOf(x));
    }
}
