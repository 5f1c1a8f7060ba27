namespace Onebit;

/// <summary>
/// The end of a layer whose activations keep several bits: batch normalization, activation and rounding,
/// folded to <c>clamp((Multipliers[channel] * x + Offsets[channel]) >> Shift, lowest, highest)</c> in 64-bit
/// integers with an arithmetic shift. With <see cref="OutputBits"/> 8 the range is 0..255, a ReLU's codes;
/// with 16 it is -32,768..32,767, the integers of a residual path.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Multipliers">One 32-bit integer per channel.</param>
/// <param name="Offsets">One integer per channel.</param>
/// <param name="Shift">0 to 62.</param>
/// <param name="OutputBits">8 or 16.</param>
public sealed record Requantize(int Input, ReadOnlyMemory<int> Multipliers, ReadOnlyMemory<long> Offsets, int Shift, int OutputBits)
    : UnaryOperation(Input)
{
    internal const byte Kind = 3;
    internal const byte TrailingZeroBitsKind = 13;

    /// <summary>One 32-bit integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> Multipliers
    {
        get;
        init => field = value.ToArray();
    } = Multipliers.ToArray();

    /// <summary>One integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<long> Offsets
    {
        get;
        init => field = value.ToArray();
    } = Offsets.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Multipliers.Length + Offsets.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        check.Require(OutputBits is 8 or 16, "requantization gives 8 or 16 bits");
        ChannelAffine.Infer(inputs[0], Multipliers.Span, Offsets.Span, Shift, check);
        ValueInfo shape = check.SameShape(inputs[0]);
        return OutputBits == 8 ? shape.AsCodes(8, byte.MaxValue) : shape.AsIntegers(short.MinValue, short.MaxValue);
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output) =>
        ChannelAffine.Bits(inputs[0], Multipliers.Span, Offsets.Span);

    internal override void Write(FileWriter writer)
    {
        int zeroBits = ChannelAffine.TrailingZeroBits(Offsets.Span);
        WriteHead(writer, zeroBits > 0 ? TrailingZeroBitsKind : Kind);
        writer.Byte((byte)OutputBits);
        ChannelAffine.Write(writer, Multipliers.Span, Offsets.Span, Shift, zeroBits);
    }

    internal static Requantize Read(ref FileReader reader, int input, bool trailingZeroBits)
    {
        int outputBits = reader.Byte();
        (int[] multipliers, long[] offsets, int shift) = ChannelAffine.Read(ref reader, trailingZeroBits);
        return new Requantize(input, multipliers, offsets, shift, outputBits);
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        int area = inputs.Info(0).Area;
        (long lowest, long highest) = OutputBits == 8 ? (0L, 255L) : (-32_768, 32_767);
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / area;
            long affine = checked((long)Multipliers.Span[channel] * x[i] + Offsets.Span[channel]);
            output[i] = Math.Clamp(affine >> Shift, lowest, highest);
        }
    }
}
