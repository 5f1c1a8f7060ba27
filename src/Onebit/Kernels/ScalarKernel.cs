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
    private readonly ScalarLinear?[] _linears;

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
        _linears = new ScalarLinear?[operations.Length];
        for (int i = 0; i < operations.Length; i++)
        {
            if (operations[i] is Linear linear)
            {
                var prepared = new ScalarLinear(linear, values[linear.Input], values[i + 1]);
                PatchElements = Math.Max(PatchElements, prepared.PatchElements);
                PlaneWords = Math.Max(PlaneWords, prepared.PlaneWords);
                _linears[i] = prepared;
            }
        }
    }

    /// <summary>Elements of all values but the scores.</summary>
    public int ValueElements { get; }

    /// <summary>Elements of the largest patch.</summary>
    public int PatchElements { get; }

    /// <summary>Words of the bit-planes of the largest patch.</summary>
    public int PlaneWords { get; }

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
            codes[i] = input.Bits == 8 ? pixels[i] : pixels[i] >= input.PixelThreshold ? 1 : 0;
        }

        for (int i = 0; i < _operations.Length; i++)
        {
            ValueInfo shape = _values[_operations[i].Input];
            ReadOnlySpan<int> x = scratch[Place(_operations[i].Input)];
            if (_operations[i] is Scores last)
            {
                Score(last, x, scores);
                return;
            }

            Span<int> y = scratch[Place(i + 1)];
            if (_linears[i] is { } linear)
            {
                linear.Run(x, y, patch, planes);
            }
            else
            {
                Apply(_operations[i], shape, x, _operations[i] is Add add ? scratch[Place(add.Other)] : default, y);
            }
        }
    }

    /// <summary>Computes the value of any operation but <see cref="Linear"/> and <see cref="Scores"/>.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="shape">The shape of what it reads.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="other">The second value of an <see cref="Add"/>.</param>
    /// <param name="y">Receives the value.</param>
    public static void Apply(Operation operation, ValueInfo shape, ReadOnlySpan<int> x, ReadOnlySpan<int> other, Span<int> y)
    {
        switch (operation)
        {
            case Threshold threshold:
                Compare(threshold, x, y);
                break;
            case Requantize requantize:
                Scale(requantize, x, y);
                break;
            case MaxPool pool:
                ScalarPool.Max(x, shape, pool.Size, pool.Stride, y);
                break;
            case SumPool pool:
                ScalarPool.Sum(x, shape, pool.Size, pool.Stride, y);
                break;
            case Add:
                for (int e = 0; e < y.Length; e++)
                {
                    y[e] = x[e] + other[e];
                }

                break;
        }
    }

    private static void Compare(Threshold threshold, ReadOnlySpan<int> x, Span<int> signs)
    {
        ReadOnlySpan<int> thresholds = threshold.Thresholds.Span;
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        int area = x.Length / thresholds.Length;
        for (int c = 0, e = 0; c < thresholds.Length; c++)
        {
            for (int end = e + area; e < end; e++)
            {
                signs[e] = x[e] >= thresholds[c] != flipped[c] ? 1 : -1;
            }
        }
    }

    private static void Scale(Requantize requantize, ReadOnlySpan<int> x, Span<int> y)
    {
        ReadOnlySpan<int> multipliers = requantize.Multipliers.Span;
        ReadOnlySpan<long> offsets = requantize.Offsets.Span;
        (long lowest, long highest) = requantize.OutputBits == 8 ? (byte.MinValue, byte.MaxValue) : ((long)short.MinValue, short.MaxValue);
        int area = x.Length / multipliers.Length;
        for (int c = 0, e = 0; c < multipliers.Length; c++)
        {
            for (int end = e + area; e < end; e++)
            {
                long scaled = ((long)multipliers[c] * x[e] + offsets[c]) >> requantize.Shift;
                y[e] = (int)Math.Clamp(scaled, lowest, highest);
            }
        }
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
