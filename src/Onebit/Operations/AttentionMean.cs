namespace Onebit;

/// <summary>
/// The weighted mean of attention's values, head by head, rounded half up to a multiple of 2^-FractionBits. With
/// <c>n = sum over j of p[h T + j, i] v[h d + c, j]</c> and <c>t = sum over j of p[h T + j, i]</c>,
/// <c>o[h d + c, i] = floor((2 n 2^FractionBits + t) / (2 t))</c>, and 0 where t is 0. Gives integers.
/// </summary>
/// <param name="Weights">The value that holds the weights p, codes, heads T x height x width. They need not add up to anything.</param>
/// <param name="Values">The value that holds the values v: signs, or codes or integers of at most 8 bits.</param>
/// <param name="Heads">Number of heads; it divides the channels of the values.</param>
/// <param name="FractionBits">0 to 8.</param>
public sealed record AttentionMean(int Weights, int Values, int Heads, int FractionBits) : Operation(Weights, Values)
{
    internal const byte Kind = 22;

    private const int MaxFractionBits = 8;

    /// <inheritdoc/>
    public override string Label => $"AttentionMean heads {Heads}";

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo shape = AttentionSum.InferShape(inputs, Heads, check);
        check.Require(FractionBits is >= 0 and <= MaxFractionBits, $"a mean has 0 to {MaxFractionBits} fraction bits, not {FractionBits}");
        check.Require(inputs[0].Bits <= AttentionScores.MaxBits, $"weights of a mean have at most {AttentionScores.MaxBits} bits");
        (long lowest, long highest) = (inputs[1].Minimum, inputs[1].Maximum);
        return check.Integers(shape, Math.Min(0, lowest << FractionBits), Math.Max(0, highest << FractionBits));
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output)
    {
        long weights = (long)inputs[0].Maximum * inputs[1].Area,
            factor = weights << FractionBits;
        return ValueInfo.SignedBits(2 * factor * Math.Min(0, inputs[1].Minimum), 2 * (factor * Math.Max(0, inputs[1].Maximum) + weights));
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Values);
        writer.Size(Heads);
        writer.Byte((byte)FractionBits);
    }

    internal static AttentionMean Read(ref FileReader reader, int input) =>
        new(input, Values: reader.Size(), Heads: reader.Size(), FractionBits: reader.Byte());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> p = inputs[0],
            v = inputs[1];
        (int queries, int keys) = (inputs.Info(0).Area, inputs.Info(1).Area);
        int depth = inputs.Info(1).Channels / Heads;
        for (int n = 0; n < output.Length; n++)
        {
            (int channel, int i) = (n / queries, n % queries);
            int head = channel / depth;
            long sum = 0,
                total = 0;
            for (int j = 0; j < keys; j++)
            {
                long weight = p[(head * keys + j) * queries + i];
                sum += weight * v[channel * keys + j];
                total += weight;
            }

            long numerator = 2 * (sum << FractionBits) + total,
                quotient = total == 0 ? 0 : numerator / (2 * total);
            // Division rounds towards 0.
            output[n] = total != 0 && numerator < 0 && quotient * 2 * total != numerator ? quotient - 1 : quotient;
        }
    }
}
