using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// <see cref="ApproxSign"/> at a learned shift, one a channel (RSign): <c>+1 if x >= shift else -1</c>, <c>dL/dshift = -sum dL/dx</c>.
/// Liu, Shen, Savvides &amp; Cheng, "ReActNet", ECCV 2020.
/// </summary>
public sealed class ShiftedSign : ActivationBinarizer
{
    internal ShiftedSign(int channels)
    {
        Shift = new Parameter(zeros(channels));
        register_parameter("shift", Shift);
    }

    /// <summary>What is subtracted before the sign, one a channel, in ones.</summary>
    public Parameter Shift { get; }

    /// <inheritdoc/>
    public override ActivationPlanes Planes => ActivationPlanes.Signs(ToDoubles(Shift));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => ApproxSign.Of(x - PerChannel(Shift, x));
}
