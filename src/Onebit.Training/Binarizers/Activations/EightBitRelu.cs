using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// ReLU rounded to 8 bits. The input counts in codes (<see cref="CodesPerOne"/> to one), so forward is
/// <c>c = clamp(floor(x + 0.5), 0, 255)</c>: an integer held in a float. Pseudo-gradient: <c>dL/dx = dL/dc</c> where
/// <c>0 &lt; x &lt; 255</c>, else 0. The rounding is the one the packed model does, so packing changes nothing.
/// </summary>
public sealed class EightBitRelu : Binarizer
{
    /// <summary>What a normalized value of 1 is as a code, whose range is thus 0 to 7.97.</summary>
    public const int CodesPerOne = 32;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Steps.Of(x, new CodeStep(0, 255));
}
