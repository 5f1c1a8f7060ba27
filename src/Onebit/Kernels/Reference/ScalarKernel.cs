using System.Numerics;

namespace Onebit;

/// <summary>
/// Plain execution of a model, one operation after another, one image at a time: the reference that every faster
/// kernel must equal bit for bit. Immutable; what changes lies in the caller's scratch memory.
/// </summary>
internal sealed class ScalarKernel
{
    private readonly Operation[] _operations;
    private readonly ValueInfo[] _values;
    private readonly int[] _starts;
    private readonly PatchConvolution?[] _linears;

    public ScalarKernel(Operation[] operations, ValueInfo[] values)
    {
        (_operations, _values) = (operations, values);
        _starts = new int[values.Length];
        for (int i = 1; i < values.Length; i++)
        {
            _starts[i] = _starts[i - 1] + values[i - 1].Count;
        }

        // The scores, the last value, are 64-bit and lie elsewhere; a patch takes their place.
        ValueElements = _starts[^1];
        _linears = new PatchConvolution?[operations.Length];
        for (int i = 0; i < operations.Length; i++)
        {
            if (operations[i] is Linear linear)
            {
                var prepared = new PatchConvolution(linear, values[linear.Input], values[i + 1]);
                PatchElements = Math.Max(PatchElements, prepared.PatchElements);
                PlaneWords = Math.Max(PlaneWords, prepared.PlaneWords);
                _linears[i] = prepared;
            }
        }
    }

    /// <summary>Elements of all values but the scores.</summary>
    public readonly int ValueElements;

    /// <summary>Elements of the largest patch.</summary>
    public readonly int PatchElements;

    /// <summary>Words of the bit-planes of the largest patch.</summary>
    public readonly int PlaneWords;

    /// <summary>Where a value lies in the scratch memory.</summary>
    public Range Place(int value) => _starts[value]..(_starts[value] + _values[value].Count);

    /// <summary>Computes the values and the scores of one image.</summary>
    /// <param name="input">What turns pixels into codes.</param>
    /// <param name="pixels">The image.</param>
    /// <param name="scratch">At least <see cref="ValueElements"/> and <see cref="PatchElements"/> together; the values afterwards.</param>
    /// <param name="planes">At least <see cref="PlaneWords"/>.</param>
    /// <param name="scores">One a class.</param>
    public void Run(ModelInput input, ReadOnlySpan<byte> pixels, Span<int> scratch, Span<ulong> planes, Span<long> scores)
    {
        Span<int> patch = scratch[ValueElements..];
        Span<int> codes = scratch[Place(0)];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] =
                input.Bits == 8 ? pixels[i]
                : pixels[i] >= input.PixelThreshold ? 1
                : 0;
        }

        for (int i = 0; i < _operations.Length; i++)
        {
            Operation operation = _operations[i];
            ReadOnlySpan<int> x = scratch[Place(operation.Input)];
            if (operation is Scores last)
            {
                Score(last, x, scores);
                return;
            }

            Span<int> y = scratch[Place(i + 1)];
            if (_linears[i] is { } linear)
            {
                linear.Run(x, y, patch, planes);
                continue;
            }

            for (int n = 0; n < operation.InputCount; n++)
            {
                int value = operation.InputAt(n);
                Apply(operation, n, _values[value], scratch[Place(value)], y);
            }
        }
    }

    /// <summary>
    /// Computes the value of any operation but <see cref="Linear"/> and <see cref="Scores"/>. One that reads several values
    /// takes a call for each, in their order; its sums may leave 32 bits on the way and are right at the end.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="input">Which of the values it reads, 0 where it reads one.</param>
    /// <param name="shape">The shape of that value.</param>
    /// <param name="x">That value.</param>
    /// <param name="y">Receives the operation's value.</param>
    public static void Apply(Operation operation, int input, ValueInfo shape, ReadOnlySpan<int> x, Span<int> y)
    {
        switch (operation)
        {
            case Threshold threshold:
                Count(threshold.Thresholds.Span, 1, signs: true, threshold.Flipped.Span, x, y);
                break;
            case Quantize quantize:
                Count(quantize.Thresholds.Span, (1 << quantize.Bits) - 1, signs: false, quantize.Flipped.Span, x, y);
                break;
            case Requantize requantize:
                Scale(requantize, x, y);
                break;
            case PiecewiseLinear slopes:
                Scale(slopes, x, y);
                break;
            case MaxPool pool:
                ScalarPool.Run(x, shape, pool.Size, pool.Stride, sum: false, y);
                break;
            case SumPool pool:
                ScalarPool.Run(x, shape, pool.Size, pool.Stride, sum: true, y);
                break;
            case BitPlane plane:
                for (int e = 0; e < y.Length; e++)
                {
                    y[e] = ((x[e] >> plane.Bit) & 1) * 2 - 1;
                }

                break;
            case Add when input == 0:
                x.CopyTo(y);
                break;
            case Add:
                for (int e = 0; e < y.Length; e++)
                {
                    y[e] += x[e];
                }

                break;
            case WeightedSum weighted:
                AddScaled(weighted, input, shape, x, y);
                break;
        }
    }

    /// <summary>
    /// How many thresholds of its channel each element reaches, or misses where flipped; as signs where
    /// <paramref name="signs"/>, and there is one threshold a channel then.
    /// </summary>
    private static void Count(
        ReadOnlySpan<int> thresholds,
        int levels,
        bool signs,
        ReadOnlySpan<bool> flipped,
        ReadOnlySpan<int> x,
        Span<int> y
    )
    {
        int area = x.Length / flipped.Length,
            scale = signs ? 2 : 1;
        for (int c = 0, e = 0; c < flipped.Length; c++)
        {
            ReadOnlySpan<int> own = thresholds.Slice(c * levels, levels);
            int step = flipped[c] ? -scale : scale,
                none = (flipped[c] ? levels * scale : 0) - (signs ? 1 : 0),
                end = e + area;
            for (; e <= end - Vector<int>.Count; e += Vector<int>.Count)
            {
                Vector<int> some = new(x[e..]),
                    reached = Vector<int>.Zero;
                foreach (int threshold in own)
                {
                    reached -= Vector.GreaterThanOrEqual(some, new Vector<int>(threshold)); // -1 where it is.
                }

                (new Vector<int>(none) + reached * step).CopyTo(y[e..]);
            }

            for (; e < end; e++)
            {
                int reached = 0;
                foreach (int threshold in own)
                {
                    reached += x[e] >= threshold ? 1 : 0;
                }

                y[e] = none + reached * step;
            }
        }
    }

    /// <summary>One term of the sums; the first one begins them.</summary>
    private static void AddScaled(WeightedSum weighted, int term, ValueInfo shape, ReadOnlySpan<int> x, Span<int> y)
    {
        if (term == 0)
        {
            y.Clear();
        }

        int area = shape.Height * shape.Width,
            channels = y.Length / area,
            sharing = channels / shape.Channels;
        ReadOnlySpan<int> multipliers = weighted.Multipliers.Span.Slice(term * channels, channels);
        if (area == 1)
        {
            // A factor an element; channels that share a sum lie side by side.
            int c = 0;
            while (c < channels)
            {
                int end = sharing == 1 ? channels : c + sharing;
                Vector<int> shared = new(x[c / sharing]);
                for (; c <= end - Vector<int>.Count; c += Vector<int>.Count)
                {
                    (
                        new Vector<int>(y[c..]) + (sharing == 1 ? new Vector<int>(x[c..]) : shared) * new Vector<int>(multipliers[c..])
                    ).CopyTo(y[c..]);
                }

                for (; c < end; c++)
                {
                    y[c] += x[c / sharing] * multipliers[c];
                }
            }

            return;
        }

        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<int> from = x.Slice(c / sharing * area, area);
            Span<int> to = y.Slice(c * area, area);
            int e = 0,
                multiplier = multipliers[c];
            for (; e <= area - Vector<int>.Count; e += Vector<int>.Count)
            {
                (new Vector<int>(to[e..]) + new Vector<int>(from[e..]) * multiplier).CopyTo(to[e..]);
            }

            for (; e < area; e++)
            {
                to[e] += from[e] * multiplier;
            }
        }
    }

    private static void Scale(Requantize requantize, ReadOnlySpan<int> x, Span<int> y)
    {
        ReadOnlySpan<int> multipliers = requantize.Multipliers.Span;
        (int lowest, int highest) = requantize.OutputBits == 8 ? (byte.MinValue, byte.MaxValue) : (short.MinValue, (int)short.MaxValue);
        int area = x.Length / multipliers.Length;
        for (int c = 0, e = 0; c < multipliers.Length; c++)
        {
            (long multiplier, long offset, int end) = (multipliers[c], requantize.Offsets.Span[c], e + area);
            for (; e <= end - Vector<int>.Count; e += Vector<int>.Count)
            {
                Scaled(new(x[e..]), multiplier, offset, requantize.Shift, lowest, highest).CopyTo(y[e..]);
            }

            for (; e < end; e++)
            {
                y[e] = (int)Math.Clamp((multiplier * x[e] + offset) >> requantize.Shift, lowest, highest);
            }
        }
    }

    private static void Scale(PiecewiseLinear slopes, ReadOnlySpan<int> x, Span<int> y)
    {
        ReadOnlySpan<int> breaks = slopes.Breaks.Span;
        int area = x.Length / breaks.Length;
        for (int c = 0, e = 0; c < breaks.Length; c++)
        {
            (long low, long lowOffset) = (slopes.LowMultipliers.Span[c], slopes.LowOffsets.Span[c]);
            (long high, long highOffset) = (slopes.HighMultipliers.Span[c], slopes.HighOffsets.Span[c]);
            int end = e + area;
            for (; e <= end - Vector<int>.Count; e += Vector<int>.Count)
            {
                Vector<int> some = new(x[e..]);
                Vector
                    .ConditionalSelect(
                        Vector.GreaterThanOrEqual(some, new(breaks[c])),
                        Scaled(some, high, highOffset, slopes.Shift, short.MinValue, short.MaxValue),
                        Scaled(some, low, lowOffset, slopes.Shift, short.MinValue, short.MaxValue)
                    )
                    .CopyTo(y[e..]);
            }

            for (; e < end; e++)
            {
                long scaled = x[e] >= breaks[c] ? high * x[e] + highOffset : low * x[e] + lowOffset;
                y[e] = (int)Math.Clamp(scaled >> slopes.Shift, short.MinValue, short.MaxValue);
            }
        }
    }

    /// <summary>An affine function in 64 bits, clamped.</summary>
    private static Vector<int> Scaled(Vector<int> x, long multiplier, long offset, int shift, int lowest, int highest)
    {
        Vector.Widen(x, out Vector<long> low, out Vector<long> high);
        low = (low * multiplier + new Vector<long>(offset)) >> shift;
        high = (high * multiplier + new Vector<long>(offset)) >> shift;
        return Vector.Min(Vector.Max(Vector.NarrowWithSaturation(low, high), new(lowest)), new(highest));
    }

    /// <summary>Computes the scores.</summary>
    public static void Score(Scores operation, ReadOnlySpan<int> x, Span<long> scores)
    {
        ReadOnlySpan<int> multipliers = operation.Multipliers.Span;
        ReadOnlySpan<long> offsets = operation.Offsets.Span;
        for (int c = 0; c < x.Length; c++)
        {
            scores[c] = (long)multipliers[c] * x[c] + offsets[c];
        }
    }
}
