using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign whose gradient tightens, the "error decay estimator". Forward: <c>b = +1 if x >= 0 else -1</c>. Pseudo-gradient:
/// <c>dL/dx = dL/db k t (1 - tanh(t x)^2)</c> with <c>t = 10^(2 progress - 1)</c>, from 0.1 to 10, and <c>k = max(1 / t, 1)</c>: almost
/// the identity at first, almost the sign at last. Qin et al., CVPR 2020 (see <see cref="IrNetWeights"/>), section 3.2.
/// </summary>
public sealed class ErrorDecaySign : ActivationBinarizer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(Estimate(x, progress), SignOf(x));

    /// <summary>The curve through the sign whose derivative is the pseudo-gradient.</summary>
    internal static Tensor Estimate(Tensor x, double progress)
    {
        double t = Math.Pow(10, 2 * progress - 1);
        return (x * t).tanh() * Math.Max(1 / t, 1);
    }
}
