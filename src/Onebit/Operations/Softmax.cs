namespace Onebit;

/// <summary>
/// The softmax of attention scores in integers. For each head and query, m is the largest score over all keys and
/// <c>e = Table[min(last, ((m - s) * Multipliers[h]) >> Shift)]</c>. Without thresholds it gives e, a code of 8 bits, which is not divided
/// by the sum of all e: <see cref="AttentionMean"/> divides once per output. With thresholds it gives a code of one bit,
/// <c>1 if e * Thresholds[h] >= (sum of e over all keys) &lt;&lt; ThresholdShift else 0</c>: which probabilities reach 2^ThresholdShift /
/// Thresholds[h].
/// </summary>
/// <param name="Input">The scores, heads T x height x width: channel h T + j holds key j of head h.</param>
/// <param name="Multipliers">One integer per head, at least 0.</param>
/// <param name="Shift">0 to 62.</param>
/// <param name="Table">1 to 256 codes; the first one is above 0.</param>
/// <param name="Thresholds">One integer per head, at least 0; or none.</param>
/// <param name="ThresholdShift">0 to 30; 0 without thresholds.</param>
public sealed record Softmax(
    int Input,
    ReadOnlyMemory<int> Multipliers,
    int Shift,
    ReadOnlyMemory<byte> Table,
    ReadOnlyMemory<int> Thresholds,
    int ThresholdShift
) : UnaryOperation(Input)
{
    internal const byte Kind = 20;

    private const int MaxShift = 62,
        MaxThresholdShift = 30;

    /// <summary>One integer per head; copied when they are set.</summary>
    public ReadOnlyMemory<int> Multipliers
    {
        get;
        init => field = value.ToArray();
    } = Multipliers.ToArray();

    /// <summary>The table of exponentials; copied when it is set.</summary>
    public ReadOnlyMemory<byte> Table
    {
        get;
        init => field = value.ToArray();
    } = Table.ToArray();

    /// <summary>One integer per head, or none; copied when they are set.</summary>
    public ReadOnlyMemory<int> Thresholds
    {
        get;
        init => field = value.ToArray();
    } = Thresholds.ToArray();

    /// <summary>Number of heads.</summary>
    public int Heads => Multipliers.Length;

    /// <inheritdoc/>
    public override long ParameterCount => Multipliers.Length + Table.Length + Thresholds.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(Heads >= 1 && x.Channels % Heads == 0, $"{x.Channels} channels do not divide into {Heads} heads");
        check.Require(Shift is >= 0 and <= MaxShift, $"a shift is 0 to {MaxShift}, not {Shift}");
        check.Require(
            Table.Length is >= 1 and <= 256 && Table.Span[0] > 0,
            "a table of exponentials has 1 to 256 entries, the first above 0"
        );
        check.Require(Thresholds.Length == 0 || Thresholds.Length == Heads, $"{Heads} heads need as many thresholds, or none");
        check.Require(
            Thresholds.Length == 0 ? ThresholdShift == 0 : ThresholdShift is >= 0 and <= MaxThresholdShift,
            $"a shift of thresholds is 0 to {MaxThresholdShift}, and 0 without thresholds"
        );
        check.CountEntries(Multipliers.Length + Table.Length + Thresholds.Length);
        foreach (int multiplier in Multipliers.Span)
        {
            check.Require(
                multiplier >= 0 && ((Int128)x.Maximum - x.Minimum) * multiplier <= long.MaxValue,
                "multipliers are at least 0, and differences times multipliers fit into 64 bits"
            );
        }

        foreach (int threshold in Thresholds.Span)
        {
            check.Require(threshold >= 0, "thresholds of probabilities are at least 0");
        }

        ValueInfo shape = check.SameShape(x, steps: 3);
        return Thresholds.Length > 0 ? shape.AsCodes(1, 1) : shape.AsCodes(8, byte.MaxValue);
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output)
    {
        long widest = 0,
            largest = byte.MaxValue;
        foreach (int multiplier in Multipliers.Span)
        {
            widest = Math.Max(widest, ((long)inputs[0].Maximum - inputs[0].Minimum) * multiplier);
        }

        foreach (int threshold in Thresholds.Span)
        {
            widest = Math.Max(widest, largest * threshold);
        }

        return ValueInfo.SignedBits(0, Math.Max(widest, (largest * (inputs[0].Channels / Heads)) << ThresholdShift));
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Heads);
        writer.Byte((byte)Shift);
        writer.Integers(Multipliers.Span);
        writer.Size(Table.Length);
        writer.Bytes(Table.Span);
        writer.Byte((byte)(Thresholds.Length > 0 ? 1 : 0));
        if (Thresholds.Length > 0)
        {
            writer.Byte((byte)ThresholdShift);
            writer.Integers(Thresholds.Span);
        }
    }

    internal static Softmax Read(ref FileReader reader, int input)
    {
        int heads = reader.Size(),
            shift = reader.Byte();
        int[] multipliers = reader.Integers32(heads);
        byte[] table = reader.Bytes(reader.Size()).ToArray();
        return reader.Byte() switch
        {
            0 => new Softmax(input, multipliers, shift, table, default, 0),
            1 => Thresholded(ref reader),
            byte flag => throw new InvalidDataException($"A softmax has thresholds (1) or none (0), not {flag}."),
        };

        Softmax Thresholded(ref FileReader reader)
        {
            int thresholdShift = reader.Byte();
            return new Softmax(input, multipliers, shift, table, reader.Integers32(heads), thresholdShift);
        }
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> s = inputs[0];
        int queries = inputs.Info(0).Area,
            keys = inputs.Info(0).Channels / Heads;
        for (int h = 0; h < Heads; h++)
        {
            for (int i = 0; i < queries; i++)
            {
                int first = h * keys * queries + i;
                long largest = long.MinValue,
                    sum = 0;
                for (int j = 0; j < keys; j++)
                {
                    largest = Math.Max(largest, s[first + j * queries]);
                }

                for (int j = 0; j < keys; j++)
                {
                    int at = first + j * queries;
                    long entry = (largest - s[at]) * Multipliers.Span[h] >> Shift;
                    output[at] = Table.Span[(int)Math.Min(Table.Length - 1, entry)];
                    sum += output[at];
                }

                for (int j = 0; j < (Thresholds.Length > 0 ? keys : 0); j++)
                {
                    int at = first + j * queries;
                    output[at] = output[at] * Thresholds.Span[h] >= sum << ThresholdShift ? 1 : 0;
                }
            }
        }
    }
}
