namespace Onebit;

/// <summary>
/// The last operation of every classifier: one score per class,
/// <c>score = Multipliers[class] * x + Offsets[class]</c> in 64-bit integers. The predicted class is the one
/// with the largest score, the lowest index among equals. <c>score / 2^Shift</c> is the logit, for display only.
/// Reads a value of shape classes x 1 x 1.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Multipliers">One 32-bit integer per class.</param>
/// <param name="Offsets">One integer per class.</param>
/// <param name="Shift">0 to 62.</param>
public sealed record Scores(int Input, ReadOnlyMemory<int> Multipliers, ReadOnlyMemory<long> Offsets, int Shift) : UnaryOperation(Input)
{
    internal const byte Kind = 7;
    internal const byte TrailingZeroBitsKind = 14;

    /// <summary>One 32-bit integer per class; copied when they are set.</summary>
    public ReadOnlyMemory<int> Multipliers
    {
        get;
        init => field = value.ToArray();
    } = Multipliers.ToArray();

    /// <summary>One integer per class; copied when they are set.</summary>
    public ReadOnlyMemory<long> Offsets
    {
        get;
        init => field = value.ToArray();
    } = Offsets.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Multipliers.Length + Offsets.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(
            x is { Channels: >= 2, Height: 1, Width: 1 },
            $"scores are made of at least two classes x 1 x 1, not of {x.Dimensions}"
        );
        (long minimum, long maximum) = ChannelAffine.Infer(x, Multipliers.Span, Offsets.Span, Shift, check);
        return check.SameShape(x).AsIntegers(minimum, maximum);
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output) =>
        ChannelAffine.Bits(inputs[0], Multipliers.Span, Offsets.Span);

    internal override void Write(FileWriter writer)
    {
        int zeroBits = ChannelAffine.TrailingZeroBits(Offsets.Span);
        WriteHead(writer, zeroBits > 0 ? TrailingZeroBitsKind : Kind);
        ChannelAffine.Write(writer, Multipliers.Span, Offsets.Span, Shift, zeroBits);
    }

    internal static Scores Read(ref FileReader reader, int input, bool trailingZeroBits)
    {
        (int[] multipliers, long[] offsets, int shift) = ChannelAffine.Read(ref reader, trailingZeroBits);
        return new Scores(input, multipliers, offsets, shift);
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        for (int c = 0; c < output.Length; c++)
        {
            output[c] = checked((long)Multipliers.Span[c] * x[c] + Offsets.Span[c]);
        }
    }
}
