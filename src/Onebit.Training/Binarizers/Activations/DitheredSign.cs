using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign of a value to which noise was added while training, uniform from -a to a. Forward: <c>b = +1 if x + noise >= 0 else -1</c>.
/// Gradient: <c>dL/dx = dL/db / a</c> where <c>|x| &lt;= a</c>, else 0, which is no pseudo-gradient but that of the mean over the noise,
/// <c>clip(x / a, -1, 1)</c>. With a = 1 it is the stochastic sign of Hubara et al., "Binarized Neural Networks", NIPS 2016, section 1.1;
/// that a falls from 1 to a quarter as training goes on is an idea of this project's. Without noise in evaluation.
/// </summary>
public sealed class DitheredSign : ActivationBinarizer
{
    private const double Least = 0.25;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        double a = 1 - (1 - Least) * progress;
        Tensor levels = SignOf(training ? x.detach() + rand_like(x, requires_grad: false).mul_(2 * a).sub_(a) : x);
        return StraightThrough((x / a).clamp(-1, 1), levels);
    }
}
