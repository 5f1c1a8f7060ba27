namespace Onebit;

/// <summary>
/// An activation of two straight lines (RPReLU, Maxout):
/// <c>(HighMultipliers[channel] * x + HighOffsets[channel]) >> Shift</c> where <c>x >= Breaks[channel]</c>, the same with
/// <paramref name="LowMultipliers"/> and <paramref name="LowOffsets"/> elsewhere, in 64-bit integers with an arithmetic
/// shift, clamped to -32,768..32,767. Gives integers.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Breaks">Where the upper line begins, one integer per channel.</param>
/// <param name="LowMultipliers">Slopes of the lower line, one 32-bit integer per channel.</param>
/// <param name="LowOffsets">One integer per channel.</param>
/// <param name="HighMultipliers">Slopes of the upper line, one 32-bit integer per channel.</param>
/// <param name="HighOffsets">One integer per channel.</param>
/// <param name="Shift">0 to 62.</param>
public sealed record PiecewiseLinear(
    int Input,
    ReadOnlyMemory<int> Breaks,
    ReadOnlyMemory<int> LowMultipliers,
    ReadOnlyMemory<long> LowOffsets,
    ReadOnlyMemory<int> HighMultipliers,
    ReadOnlyMemory<long> HighOffsets,
    int Shift
) : UnaryOperation(Input)
{
    internal const byte Kind = 11;

    /// <summary>Where the upper line begins, one integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> Breaks
    {
        get;
        init => field = value.ToArray();
    } = Breaks.ToArray();

    /// <summary>Slopes of the lower line, one 32-bit integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> LowMultipliers
    {
        get;
        init => field = value.ToArray();
    } = LowMultipliers.ToArray();

    /// <summary>One integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<long> LowOffsets
    {
        get;
        init => field = value.ToArray();
    } = LowOffsets.ToArray();

    /// <summary>Slopes of the upper line, one 32-bit integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> HighMultipliers
    {
        get;
        init => field = value.ToArray();
    } = HighMultipliers.ToArray();

    /// <summary>One integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<long> HighOffsets
    {
        get;
        init => field = value.ToArray();
    } = HighOffsets.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount =>
        Breaks.Length + LowMultipliers.Length + LowOffsets.Length + HighMultipliers.Length + HighOffsets.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.CountEntries(x, Breaks.Length);
        ChannelAffine.Infer(x, LowMultipliers.Span, LowOffsets.Span, Shift, check);
        ChannelAffine.Infer(x, HighMultipliers.Span, HighOffsets.Span, Shift, check);
        return check.SameShape(x).AsIntegers(short.MinValue, short.MaxValue);
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output) =>
        Math.Max(
            ChannelAffine.Bits(inputs[0], LowMultipliers.Span, LowOffsets.Span),
            ChannelAffine.Bits(inputs[0], HighMultipliers.Span, HighOffsets.Span)
        );

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Byte((byte)Shift);
        writer.Size(Breaks.Length);
        writer.Integers(LowMultipliers.Span);
        writer.Integers(LowOffsets.Span);
        writer.Integers(HighMultipliers.Span);
        writer.Integers(HighOffsets.Span);
        writer.Integers(Breaks.Span);
    }

    internal static PiecewiseLinear Read(ref FileReader reader, int input)
    {
        int shift = reader.Byte(),
            channels = reader.Size();
        int[] lowMultipliers = reader.Integers32(channels);
        long[] lowOffsets = reader.Integers(channels);
        int[] highMultipliers = reader.Integers32(channels);
        long[] highOffsets = reader.Integers(channels);
        int[] breaks = reader.Integers32(channels);
        return new PiecewiseLinear(input, breaks, lowMultipliers, lowOffsets, highMultipliers, highOffsets, shift);
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        int area = inputs.Info(0).Area;
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / area;
            bool high = x[i] >= Breaks.Span[channel];
            long multiplier = high ? HighMultipliers.Span[channel] : LowMultipliers.Span[channel],
                offset = high ? HighOffsets.Span[channel] : LowOffsets.Span[channel];
            output[i] = Math.Clamp(checked(multiplier * x[i] + offset) >> Shift, -32_768, 32_767);
        }
    }
}
