using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// An activation of two slopes, one pair a channel: <c>y = out + (high if x >= in else low) (x - in)</c>. RPReLU learns low, in and out,
/// high being 1; Maxout learns low and high, in and out being 0. Slopes are at least 0, so that it never turns the order of two values.
/// </summary>
public sealed class PiecewiseLinearModule : LayerModule
{
    private const double FirstLow = 0.25;

    internal PiecewiseLinearModule(int channels, double codesPerOne, bool shifts)
        : base("piecewiseLinear")
    {
        CodesPerOne = codesPerOne;
        register_parameter("low", Low = new Parameter(full(channels, FirstLow)));
        if (shifts)
        {
            (Parameter point, Parameter result) = (new(zeros(channels)), new(zeros(channels)));
            register_parameter("in", point);
            register_parameter("out", result);
            (High, In, Out) = (Constant(1), point, result);
        }
        else
        {
            var high = new Parameter(ones(channels));
            register_parameter("high", high);
            (High, In, Out) = (high, Constant(0), Constant(0));
        }

        Tensor Constant(float value) => full(channels, value).DetachFromDisposeScope();
    }

    /// <summary>Slope below the point; packing takes what is below 0 as 0, as training does.</summary>
    public Parameter Low { get; }

    /// <summary>Slope above it.</summary>
    public Tensor High { get; }

    /// <summary>The point, in ones.</summary>
    public Tensor In { get; }

    /// <summary>The value there, in ones.</summary>
    public Tensor Out { get; }

    /// <summary>Codes to one, of input and output.</summary>
    public double CodesPerOne { get; }

    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        Value x = builder.Single(inputs[0]);
        double[] low = Binarizer.ToDoubles(Low),
            high = Binarizer.ToDoubles(High),
            from = Binarizer.ToDoubles(In),
            to = Binarizer.ToDoubles(Out);
        ValueInfo info = builder.Info(x.Index);
        int count = low.Length;
        (int Threshold, bool Flipped)[] ends =
        [
            .. x.Affines.Select((a, c) => (a with { Offset = a.Offset - CodesPerOne * from[c] }).ToThreshold(info.Minimum, info.Maximum)),
        ];
        // Where the normalization turned the order, the integers from the threshold on are the lower values.
        IEnumerable<Affine> lower = x.Affines.Select((a, c) => Side(a, c, ends[c].Flipped ? high[c] : low[c])),
            upper = x.Affines.Select((a, c) => Side(a, c, ends[c].Flipped ? low[c] : high[c]));
        // Written plainly, so few bits would save little.
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint([.. lower, .. upper], round: true);
        return builder.Append(
            new PiecewiseLinear(
                x.Index,
                ends.Select(e => e.Threshold).ToArray(),
                multipliers.AsMemory(..count),
                offsets.AsMemory(..count),
                multipliers.AsMemory(count..),
                offsets.AsMemory(count..),
                shift
            )
        );

        Affine Side(Affine a, int c, double slope) => a.Then(new Affine(Math.Max(slope, 0), CodesPerOne * from[c], CodesPerOne * to[c]));
    }

    private protected override Tensor Forward(Tensor x, Value value)
    {
        Tensor Each(Tensor numbers) => Binarizer.PerChannel(numbers, x);
        Tensor moved = x - Each(In) * CodesPerOne;
        return moved * where(moved.ge(0), Each(High.clamp_min(0)), Each(Low.clamp_min(0))) + Each(Out) * CodesPerOne;
    }
}
