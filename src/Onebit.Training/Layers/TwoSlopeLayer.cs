using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// An activation of two slopes, one pair a channel: <c>y = out + (high if x >= in else low) (x - in)</c>. RPReLU (Liu, Shen, Savvides &amp;
/// Cheng, "ReActNet", ECCV 2020) learns low, in and out, high being 1; Maxout (Tu, Chen, Ren &amp; Wang, "AdaBin", ECCV 2022) learns low
/// and high, in and out being 0. Slopes are at least 0, so that it never turns the order of two values.
/// </summary>
public sealed class TwoSlopeLayer : nn.Module<Tensor, Tensor>
{
    private const double FirstLow = 0.25;

    private readonly int _channels;
    private readonly Parameter? _high,
        _in,
        _out;

    internal TwoSlopeLayer(string name, int channels, double unit, bool shifts)
        : base(name)
    {
        (_channels, Unit) = (channels, unit);
        register_parameter("low", Low = new Parameter(full(channels, FirstLow)));
        if (shifts)
        {
            register_parameter("in", _in = new Parameter(zeros(channels)));
            register_parameter("out", _out = new Parameter(zeros(channels)));
        }
        else
        {
            register_parameter("high", _high = new Parameter(ones(channels)));
        }
    }

    /// <summary>Slope below the point; packing takes what is below 0 as 0, as training does.</summary>
    public Parameter Low { get; }

    /// <summary>Slope above it.</summary>
    public Tensor High => _high ?? ones(_channels); // TorchSharp would save a field of ones.

    /// <summary>The point, in ones.</summary>
    public Tensor In => _in ?? zeros(_channels);

    /// <summary>The value there, in ones.</summary>
    public Tensor Out => _out ?? zeros(_channels);

    /// <summary>Codes to one, of input and output.</summary>
    public double Unit { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        Tensor Each(Tensor numbers) => Binarizer.PerChannel(numbers, x);
        Tensor moved = x - Each(In) * Unit;
        return moved * where(moved.ge(0), Each(High.clamp_min(0)), Each(Low.clamp_min(0))) + Each(Out) * Unit;
    }
}
