using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// An activation of two slopes, one pair a channel: <c>y = out + (high if x >= in else low) (x - in)</c>. RPReLU (Liu, Shen, Savvides &amp;
/// Cheng, "ReActNet", ECCV 2020) learns low, in and out, high being 1; Maxout (Tu, Chen, Ren &amp; Wang, "AdaBin", ECCV 2022) learns low and
/// high, in and out being 0. Slopes are at least 0, so that it never turns the order of two values.
/// </summary>
public sealed class TwoSlopeLayer : nn.Module<Tensor, Tensor>
{
    private const double FirstLow = 0.25;

    internal TwoSlopeLayer(string name, int channels, double unit, bool shifts) : base(name)
    {
        Unit = unit;
        (Low, High) = (new Parameter(full(channels, FirstLow)), new Parameter(ones(channels), requires_grad: !shifts));
        (In, Out) = (new Parameter(zeros(channels), requires_grad: shifts), new Parameter(zeros(channels), requires_grad: shifts));
        register_parameter("low", Low);
        if (shifts)
        {
            register_parameter("in", In);
            register_parameter("out", Out);
        }
        else
        {
            register_parameter("high", High);
        }
    }

    /// <summary>Slope below the point; packing takes what is below 0 as 0, as training does.</summary>
    public Parameter Low { get; }

    /// <summary>Slope above it.</summary>
    public Parameter High { get; }

    /// <summary>The point, in ones.</summary>
    public Parameter In { get; }

    /// <summary>The value there, in ones.</summary>
    public Parameter Out { get; }

    /// <summary>Codes to one, of input and output.</summary>
    public double Unit { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        Tensor Each(Tensor numbers) => Binarizer.PerChannel(numbers, x);
        Tensor moved = x - Each(In) * Unit;
        return moved.clamp_min(0) * Each(High.clamp_min(0)) + moved.clamp_max(0) * Each(Low.clamp_min(0)) + Each(Out) * Unit;
    }
}
