namespace Onebit;

/// <summary>
/// Adds a learned number to each element: one bit per element, and its size per channel.
/// <c>out[c, y, x] = in[c, y, x] + Multipliers[c] * (+1 or -1)</c>. Gives integers.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Signs">One bit per element in the order of the elements, lowest bit of a byte first: 1 for +1 and 0 for -1.</param>
/// <param name="Multipliers">One integer per channel.</param>
public sealed record PositionalEmbedding(int Input, ReadOnlyMemory<byte> Signs, ReadOnlyMemory<int> Multipliers) : UnaryOperation(Input)
{
    internal const byte Kind = 18;

    /// <summary>One bit per element; copied when they are set.</summary>
    public ReadOnlyMemory<byte> Signs
    {
        get;
        init => field = value.ToArray();
    } = Signs.ToArray();

    /// <summary>One integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> Multipliers
    {
        get;
        init => field = value.ToArray();
    } = Multipliers.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Multipliers.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(Multipliers.Length == x.Channels, $"{x.Channels} channels need as many multipliers, not {Multipliers.Length}");
        check.Require(Signs.Length == (x.Count + 7) / 8, $"{x.Count} signs take {(x.Count + 7) / 8} bytes, not {Signs.Length}");
        check.Require(x.Count % 8 == 0 || Signs.Span[^1] >> (x.Count % 8) == 0, "the unused bits of the last byte of signs are 0");
        check.CountWeights(Signs.Length);
        check.CountEntries(Multipliers.Length);
        Int128 largest = 0;
        foreach (int multiplier in Multipliers.Span)
        {
            largest = Int128.Max(largest, Int128.Abs(multiplier));
        }

        return check.Integers(check.SameShape(x), x.Minimum - largest, x.Maximum + largest);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Signs.Length);
        writer.Bytes(Signs.Span);
        writer.Size(Multipliers.Length);
        writer.Integers(Multipliers.Span);
    }

    internal static PositionalEmbedding Read(ref FileReader reader, int input)
    {
        byte[] signs = reader.Bytes(reader.Size()).ToArray();
        return new PositionalEmbedding(input, signs, reader.Integers32(reader.Size()));
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        int area = inputs.Info(0).Area;
        for (int i = 0; i < output.Length; i++)
        {
            long multiplier = Multipliers.Span[i / area];
            output[i] = x[i] + ((Signs.Span[i / 8] >> (i % 8) & 1) == 1 ? multiplier : -multiplier);
        }
    }
}
