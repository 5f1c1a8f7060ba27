namespace Onebit;

/// <summary>
/// The values that attention chose, added head by head: the weights are codes of one bit.
/// <c>o[h d + c, i] = sum over j of p[h T + j, i] v[h d + c, j]</c>, T the number of values' positions. Gives integers.
/// </summary>
/// <param name="Weights">The value that holds the weights p, heads T x height x width.</param>
/// <param name="Values">The value that holds the values v: signs, or codes or integers of at most 8 bits.</param>
/// <param name="Heads">Number of heads; it divides the channels of the values.</param>
public sealed record AttentionSum(int Weights, int Values, int Heads) : Operation(Weights, Values)
{
    internal const byte Kind = 21;

    /// <inheritdoc/>
    public override string Label => $"AttentionSum heads {Heads}";

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo shape = InferShape(inputs, Heads, check);
        check.Require(inputs[0].Bits == 1, "the weights of a sum are codes of one bit");
        Int128 keys = inputs[1].Area;
        return check.Integers(shape, Int128.Min(0, keys * inputs[1].Minimum), Int128.Max(0, keys * inputs[1].Maximum));
    }

    /// <summary>The shape of attention's result.</summary>
    internal static ValueInfo InferShape(ReadOnlySpan<ValueInfo> inputs, int heads, ModelCheck check)
    {
        (ValueInfo p, ValueInfo v) = (inputs[0], inputs[1]);
        check.Require(p.Kind == ElementKind.Codes, $"the weights of attention are codes, not {p.Kind}");
        check.Require(v.Bits <= AttentionScores.MaxBits, $"values of attention have at most {AttentionScores.MaxBits} bits, not {v.Bits}");
        check.Require(heads >= 1 && v.Channels % heads == 0, $"{v.Channels} channels do not divide into {heads} heads");
        check.Require(
            p.Channels == (long)heads * v.Area,
            $"{heads} heads of {v.Area} positions need {(long)heads * v.Area} channels of weights, not {p.Channels}"
        );
        ValueInfo shape = check.Shape(v.Channels, p.Height, p.Width);
        check.CountSteps((Int128)shape.Count * v.Area);
        return shape;
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Values);
        writer.Size(Heads);
    }

    internal static AttentionSum Read(ref FileReader reader, int input) => new(input, Values: reader.Size(), Heads: reader.Size());

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
            long sum = 0;
            for (int j = 0; j < keys; j++)
            {
                sum += (long)p[(head * keys + j) * queries + i] * v[channel * keys + j];
            }

            output[n] = sum;
        }
    }
}
