using System.Numerics;

namespace Onebit;

/// <summary>
/// Checks the operations of a model one after another and derives the value that each gives. What passes can be
/// executed without a further check: no index leaves its array, no sum leaves its integer type.
/// </summary>
internal sealed class ModelCheck
{
    private readonly ValueInfo[] _values;
    private string _subject = "The input";
    private Int128 _elements;
    private Int128 _steps;
    private long _weightBytes;
    private long _arrayEntries;

    private ModelCheck(int values) => _values = new ValueInfo[values];

    /// <summary>Shape, kind and range of the input and of each operation's output.</summary>
    /// <exception cref="InvalidDataException">The operations do not make a model.</exception>
    /// <param name="input">What the model reads.</param>
    /// <param name="operations">The operations.</param>
    /// <param name="complete">false: the beginning of a model, whose scores are yet to come.</param>
    public static ValueInfo[] Derive(ModelInput input, IReadOnlyList<Operation> operations, bool complete = true)
    {
        if ((complete && operations.Count == 0) || operations.Count > ModelLimits.Operations)
        {
            throw new InvalidDataException($"A model has 1 to {ModelLimits.Operations} operations, this one has {operations.Count}.");
        }

        var check = new ModelCheck(operations.Count + 1);
        check._values[0] = check.Derive(input);
        for (int i = 0; i < operations.Count; i++)
        {
            check._subject = $"Operation {i} ({operations[i].GetType().Name})";
            check.Require(
                !complete || operations[i] is Scores == (i == operations.Count - 1),
                "the last operation, and no other, gives the scores"
            );
            check._values[i + 1] = check.Derive(operations[i], i);
        }

        return check._values;
    }

    private ValueInfo Derive(ModelInput input)
    {
        Require(input.Bits is 1 or 8, "pixels have 1 or 8 bits");
        Require(input.Bits == 1 == (input.PixelThreshold != 0), "the pixel threshold is 1 to 255 with one bit and 0 with eight");
        return Codes(Shape(input.Channels, input.Height, input.Width), input.Bits, (1 << input.Bits) - 1);
    }

    private ValueInfo Derive(Operation operation, int index)
    {
        if (operation is WeightedSum weighted)
        {
            return Derive(weighted, index);
        }

        ValueInfo x = Read(operation.Input, index);
        return operation switch
        {
            Linear linear => Derive(linear, x),
            Threshold threshold => Derive(threshold, x),
            Quantize quantize => Derive(quantize, x),
            Requantize requantize => Derive(requantize, x),
            PiecewiseLinear slopes => Derive(slopes, x),
            BitPlane plane => Derive(plane, x),
            MaxPool pool => Pool(x, pool.Size, pool.Stride),
            SumPool pool => Derive(pool, x),
            Add add => Derive(x, Read(add.Other, index)),
            Scores scores => Derive(scores, x),
            _ => throw Error("operations of this type are not known"),
        };
    }

    private ValueInfo Derive(Linear linear, ValueInfo x)
    {
        Require(x.Kind != ElementKind.Integers, "weights of one bit are multiplied with signs or codes, not with integers");
        Require(
            linear is { Outputs: >= 1, KernelHeight: >= 1, KernelWidth: >= 1, Stride: >= 1, Padding: >= 0, Groups: >= 1 },
            "outputs, kernel, stride and groups are at least 1, padding at least 0"
        );
        Require(
            x.Channels % linear.Groups == 0 && linear.Outputs % linear.Groups == 0,
            $"{x.Channels} input and {linear.Outputs} output channels do not divide into {linear.Groups} groups"
        );

        long height = x.Height + 2L * linear.Padding,
            width = x.Width + 2L * linear.Padding;
        Require(
            height <= ModelLimits.ValueElements && width <= ModelLimits.ValueElements,
            $"an input padded to {height} x {width} is too large"
        );
        Require(
            linear.KernelHeight <= height && linear.KernelWidth <= width,
            $"a kernel of {linear.KernelHeight} x {linear.KernelWidth} does not fit into an input padded to {height} x {width}"
        );

        Int128 fanIn = (Int128)(x.Channels / linear.Groups) * linear.KernelHeight * linear.KernelWidth;
        Int128 bits = fanIn * linear.Outputs;
        ReadOnlySpan<byte> weights = linear.Weights.Span;
        Require(weights.Length == (bits + 7) / 8, $"{bits} weights take {(bits + 7) / 8} bytes, not {weights.Length}");
        Require(bits % 8 == 0 || weights[^1] >> (int)(bits % 8) == 0, "the unused bits of the last byte of weights are 0");
        _weightBytes += weights.Length;
        Require(_weightBytes <= ModelLimits.WeightBytes, $"the model's weights take more than {ModelLimits.WeightBytes} bytes");

        ValueInfo shape = Shape(
            linear.Outputs,
            (height - linear.KernelHeight) / linear.Stride + 1,
            (width - linear.KernelWidth) / linear.Stride + 1
        );
        Spend((Int128)shape.Height * shape.Width * x.Bits * (linear.Outputs * ((fanIn + 63) / 64) + linear.Groups * fanIn));
        (long minimum, long maximum) =
            x.Kind == ElementKind.Signs ? (-(long)fanIn, (long)fanIn) : SumsOfCodes(weights, linear.Outputs, (int)fanIn, x.Maximum);
        return Integers(shape, minimum, maximum);
    }

    /// <summary>A sum is largest where the codes are so at the weights +1 and 0 at the others; smallest the other way round.</summary>
    private static (long Minimum, long Maximum) SumsOfCodes(ReadOnlySpan<byte> weights, int outputs, int fanIn, int maximum)
    {
        int fewest = fanIn,
            most = 0;
        for (int o = 0; o < outputs; o++)
        {
            int ones = 0;
            for (int i = 0; i < fanIn; i += 64)
            {
                ones += BitOperations.PopCount(PackedBits.Read(weights, (long)o * fanIn + i, Math.Min(64, fanIn - i)));
            }

            fewest = Math.Min(fewest, ones);
            most = Math.Max(most, ones);
        }

        return (-(long)(fanIn - fewest) * maximum, (long)most * maximum);
    }

    private ValueInfo Derive(Threshold threshold, ValueInfo x)
    {
        RequireEntries(x, threshold.Thresholds.Length);
        RequireEntries(x, threshold.Flipped.Length);
        return Signs(x);
    }

    private ValueInfo Derive(Quantize quantize, ValueInfo x)
    {
        Require(quantize.Bits is >= 1 and <= 7, "quantization gives 1 to 7 bits");
        int levels = (1 << quantize.Bits) - 1;
        ReadOnlySpan<int> thresholds = quantize.Thresholds.Span;
        RequireEntries(x, thresholds.Length, levels);
        RequireEntries(x, quantize.Flipped.Length);
        for (int i = 1; i < thresholds.Length; i++)
        {
            Require(i % levels == 0 || thresholds[i] >= thresholds[i - 1], "no threshold of a channel is smaller than the one before");
        }

        return Codes(SameShape(x, levels), quantize.Bits, levels);
    }

    private ValueInfo Derive(Requantize requantize, ValueInfo x)
    {
        Require(requantize.OutputBits is 8 or 16, "requantization gives 8 or 16 bits");
        Affine(x, requantize.Multipliers.Span, requantize.Offsets.Span, requantize.Shift);
        ValueInfo shape = SameShape(x);
        return requantize.OutputBits == 8 ? Codes(shape, 8, byte.MaxValue) : Integers(shape, short.MinValue, short.MaxValue);
    }

    private ValueInfo Derive(PiecewiseLinear slopes, ValueInfo x)
    {
        RequireEntries(x, slopes.Breaks.Length);
        Affine(x, slopes.LowMultipliers.Span, slopes.LowOffsets.Span, slopes.Shift);
        Affine(x, slopes.HighMultipliers.Span, slopes.HighOffsets.Span, slopes.Shift);
        return Integers(SameShape(x), short.MinValue, short.MaxValue);
    }

    private ValueInfo Derive(BitPlane plane, ValueInfo x)
    {
        Require(x.Kind == ElementKind.Codes, "planes are taken of codes, not of signs or integers");
        Require(plane.Bit >= 0 && plane.Bit < x.Bits, $"codes of {x.Bits} bits have no bit {plane.Bit}");
        return Signs(x);
    }

    private ValueInfo Derive(WeightedSum weighted, int index)
    {
        ReadOnlySpan<int> inputs = weighted.Inputs.Span,
            multipliers = weighted.Multipliers.Span;
        Require(
            inputs.Length is >= 1 and <= WeightedSum.MaxInputs,
            $"1 to {WeightedSum.MaxInputs} values are combined, not {inputs.Length}"
        );
        Require(weighted.Input == inputs[0], "the input is the first of the inputs");
        Require(multipliers.Length % inputs.Length == 0, "each value has a multiplier a channel");
        CountEntries(multipliers.Length);
        int channels = multipliers.Length / inputs.Length;
        ValueInfo first = Read(inputs[0], index),
            shape = Shape(channels, first.Height, first.Width);
        Spend((Int128)shape.Count * inputs.Length);
        var minima = new Int128[channels];
        var maxima = new Int128[channels];
        for (int t = 0; t < inputs.Length; t++)
        {
            ValueInfo x = Read(inputs[t], index);
            Require(
                (x.Height, x.Width) == (first.Height, first.Width) && channels % x.Channels == 0,
                $"a value of {Describe(x)} is not combined to one of {Describe(shape)}"
            );
            for (int c = 0; c < channels; c++)
            {
                long multiplier = multipliers[t * channels + c],
                    one = multiplier * x.Minimum,
                    two = multiplier * x.Maximum;
                minima[c] += Math.Min(one, two);
                maxima[c] += Math.Max(one, two);
            }
        }

        Int128 minimum = Int128.MaxValue,
            maximum = Int128.MinValue;
        for (int c = 0; c < channels; c++)
        {
            minimum = Int128.Min(minimum, minima[c]);
            maximum = Int128.Max(maximum, maxima[c]);
        }

        return Integers(shape, minimum, maximum);
    }

    private ValueInfo Derive(SumPool pool, ValueInfo x)
    {
        ValueInfo shape = Pool(x, pool.Size, pool.Stride);
        int window = pool.Size * pool.Size;
        long maximum = (long)window * x.Maximum;
        if (x.Kind != ElementKind.Codes)
        {
            return Integers(shape, (long)window * x.Minimum, maximum);
        }

        int bits = x.Bits + (window == 1 ? 0 : BitOperations.Log2((uint)window - 1) + 1);
        Require(bits <= 31, $"codes of {bits} bits are too wide, 31 are the most");
        return Codes(shape, bits, (int)maximum);
    }

    private ValueInfo Derive(ValueInfo x, ValueInfo other)
    {
        Require(
            (x.Channels, x.Height, x.Width) == (other.Channels, other.Height, other.Width),
            $"values of {Describe(x)} and {Describe(other)} cannot be added"
        );
        return Integers(SameShape(x), (long)x.Minimum + other.Minimum, (long)x.Maximum + other.Maximum);
    }

    private ValueInfo Derive(Scores scores, ValueInfo x)
    {
        Require(x is { Channels: >= 2, Height: 1, Width: 1 }, $"scores are made of at least two classes x 1 x 1, not of {Describe(x)}");
        (long minimum, long maximum) = Affine(x, scores.Multipliers.Span, scores.Offsets.Span, scores.Shift);
        Spend(x.Channels);
        return Shape(x.Channels, 1, 1) with
        {
            Kind = ElementKind.Integers,
            Bits = SignedBits(minimum, maximum),
            Minimum = (int)Math.Clamp(minimum, int.MinValue, int.MaxValue),
            Maximum = (int)Math.Clamp(maximum, int.MinValue, int.MaxValue),
        };
    }

    /// <summary>The range of <c>multiplier * x + offset</c> over all channels, which must not leave 64 bits.</summary>
    private (long Minimum, long Maximum) Affine(ValueInfo x, ReadOnlySpan<int> multipliers, ReadOnlySpan<long> offsets, int shift)
    {
        RequireEntries(x, multipliers.Length);
        RequireEntries(x, offsets.Length);
        Require(shift is >= 0 and <= 62, $"a shift is 0 to 62, not {shift}");
        Int128 minimum = Int128.MaxValue,
            maximum = Int128.MinValue;
        for (int c = 0; c < multipliers.Length; c++)
        {
            // A 32-bit multiplier times a 32-bit value always fits into 64 bits; the offset may break out.
            long one = (long)multipliers[c] * x.Minimum,
                two = (long)multipliers[c] * x.Maximum;
            minimum = Int128.Min(minimum, (Int128)Math.Min(one, two) + offsets[c]);
            maximum = Int128.Max(maximum, (Int128)Math.Max(one, two) + offsets[c]);
        }

        Require(minimum >= long.MinValue && maximum <= long.MaxValue, "multiplier * value + offset can leave 64-bit integers");
        return ((long)minimum, (long)maximum);
    }

    /// <summary>A pool's output, with kind and range of its input.</summary>
    private ValueInfo Pool(ValueInfo x, int size, int stride)
    {
        Require(size >= 1 && stride >= 1, "size and stride of a window are at least 1");
        Require(size <= x.Height && size <= x.Width, $"a window of {size} x {size} does not fit into {Describe(x)}");
        ValueInfo shape = Shape(x.Channels, (x.Height - size) / stride + 1, (x.Width - size) / stride + 1);
        Spend((Int128)shape.Count * size * size);
        return x with { Height = shape.Height, Width = shape.Width };
    }

    /// <summary>The shape of a value computed element by element, in so many steps each.</summary>
    private ValueInfo SameShape(ValueInfo x, int steps = 1)
    {
        ValueInfo shape = Shape(x.Channels, x.Height, x.Width);
        Spend((Int128)shape.Count * steps);
        return shape;
    }

    private ValueInfo Read(int value, int index)
    {
        Require(value >= 0 && value <= index, $"value {value} does not exist yet; values 0 to {index} do");
        return _values[value];
    }

    private ValueInfo Shape(Int128 channels, Int128 height, Int128 width)
    {
        Require(channels >= 1 && height >= 1 && width >= 1, "channels, height and width are at least 1");
        Int128 count = channels * height * width;
        Require(count <= ModelLimits.ValueElements, $"a value of {count} elements is too large");
        _elements += count;
        Require(_elements <= ModelLimits.TotalElements, $"the model's values have more than {ModelLimits.TotalElements} elements");
        return new ValueInfo
        {
            Channels = (int)channels,
            Height = (int)height,
            Width = (int)width,
        };
    }

    private void Spend(Int128 steps)
    {
        _steps += steps;
        Require(_steps <= ModelLimits.Steps, $"the model takes more than {ModelLimits.Steps} steps");
    }

    private void RequireEntries(ValueInfo x, int length, int each = 1)
    {
        Require(
            length == x.Channels * each,
            $"{x.Channels} channels need {(each == 1 ? "" : $"{each} times ")}as many entries in each array, not {length}"
        );
        CountEntries(length);
    }

    private void CountEntries(int count)
    {
        _arrayEntries += count;
        Require(_arrayEntries <= ModelLimits.ArrayEntries, $"the model's arrays have more than {ModelLimits.ArrayEntries} entries");
    }

    private ValueInfo Signs(ValueInfo x) => SameShape(x) with { Kind = ElementKind.Signs, Bits = 1, Minimum = -1, Maximum = 1 };

    private static ValueInfo Codes(ValueInfo shape, int bits, int maximum) =>
        shape with
        {
            Kind = ElementKind.Codes,
            Bits = bits,
            Minimum = 0,
            Maximum = maximum,
        };

    private ValueInfo Integers(ValueInfo shape, Int128 minimum, Int128 maximum)
    {
        Require(minimum >= int.MinValue && maximum <= int.MaxValue, $"sums from {minimum} to {maximum} do not fit into 32-bit integers");
        return shape with
        {
            Kind = ElementKind.Integers,
            Bits = SignedBits((long)minimum, (long)maximum),
            Minimum = (int)minimum,
            Maximum = (int)maximum,
        };
    }

    private static int SignedBits(long minimum, long maximum)
    {
        // v ^ (v >> 63) is v, or its complement where v is negative: what is left of the sign bit.
        long magnitude = (minimum ^ (minimum >> 63)) | (maximum ^ (maximum >> 63));
        return 65 - BitOperations.LeadingZeroCount((ulong)magnitude);
    }

    private static string Describe(ValueInfo x) => $"{x.Channels} x {x.Height} x {x.Width}";

    private void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw Error(text);
        }
    }

    private InvalidDataException Error(string text) => new($"{_subject}: {text}.");
}
