namespace Onebit;

/// <summary>
/// The end of a layer whose activations have few bits, with steps of any height: the code is the number of the
/// channel's thresholds t with <c>x >= t</c>; where <c>Flipped[channel]</c>, the largest code minus that number.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Bits">Bits of a code, 1 to 7.</param>
/// <param name="Thresholds">
/// 2^<paramref name="Bits"/> - 1 integers per channel, channel by channel, none smaller than the one before.
/// </param>
/// <param name="Flipped">The polarity, one flag per channel.</param>
public sealed record Quantize(int Input, int Bits, ReadOnlyMemory<int> Thresholds, ReadOnlyMemory<bool> Flipped) : UnaryOperation(Input)
{
    internal const byte Kind = 9;

    private const int MaxBits = 7;

    /// <summary>2^<see cref="Bits"/> - 1 integers per channel, channel by channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> Thresholds
    {
        get;
        init => field = value.ToArray();
    } = Thresholds.ToArray();

    /// <summary>One flag per channel; copied when they are set.</summary>
    public ReadOnlyMemory<bool> Flipped
    {
        get;
        init => field = value.ToArray();
    } = Flipped.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Thresholds.Length + Flipped.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(Bits is >= 1 and <= MaxBits, $"quantization gives 1 to {MaxBits} bits");
        int levels = (1 << Bits) - 1;
        ReadOnlySpan<int> thresholds = Thresholds.Span;
        check.CountEntries(x, thresholds.Length, levels);
        check.CountEntries(x, Flipped.Length);
        for (int i = 1; i < thresholds.Length; i++)
        {
            check.Require(
                i % levels == 0 || thresholds[i] >= thresholds[i - 1],
                "no threshold of a channel is smaller than the one before"
            );
        }

        return check.SameShape(x, levels).AsCodes(Bits, levels);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Byte((byte)Bits);
        writer.Size(Flipped.Length);
        writer.Integers(Thresholds.Span);
        writer.Flags(Flipped.Span);
    }

    internal static Quantize Read(ref FileReader reader, int input)
    {
        int bits = reader.Byte();
        if (bits > MaxBits)
        {
            throw new InvalidDataException($"Codes of {bits} bits are not quantized to.");
        }

        int channels = reader.Size();
        return new Quantize(input, bits, reader.Integers32(FileReader.Entries(channels, (1 << bits) - 1)), reader.Flags(channels));
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        int area = inputs.Info(0).Area,
            levels = (1 << Bits) - 1;
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / area,
                reached = 0;
            foreach (int threshold in Thresholds.Span.Slice(channel * levels, levels))
            {
                reached += x[i] >= threshold ? 1 : 0;
            }

            output[i] = Flipped.Span[channel] ? levels - reached : reached;
        }
    }
}
