namespace Onebit;

/// <summary>
/// The scores of multi-head attention (Vaswani et al. 2017, section 3.2): each query times each key, head by head. A token is a position,
/// and head h has the channels h d to h d + d - 1 of queries and keys.
/// <c>s[h T + j, i] = sum over c of (q[h d + c, i] - QueryZero) (k[h d + c, j] - KeyZero)</c>, T the number of keys. Gives integers.
/// </summary>
/// <param name="Query">The value that holds the queries: signs, or codes or integers of at most 8 bits.</param>
/// <param name="Key">The value that holds the keys, likewise, with as many channels.</param>
/// <param name="Heads">Number of heads; it divides the channels.</param>
/// <param name="QueryZero">The code that stands for 0 among the queries, 0 to 255; 0 where they are no codes.</param>
/// <param name="KeyZero">The code that stands for 0 among the keys, likewise.</param>
public sealed record AttentionScores(int Query, int Key, int Heads, int QueryZero, int KeyZero) : Operation(Query, Key)
{
    internal const byte Kind = 19;

    /// <summary>The most bits of queries, keys and values.</summary>
    public const int MaxBits = 8;

    /// <inheritdoc/>
    public override string Label => $"AttentionScores heads {Heads}";

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        (ValueInfo q, ValueInfo k) = (inputs[0], inputs[1]);
        check.Require(q.Bits <= MaxBits && k.Bits <= MaxBits, $"queries and keys have at most {MaxBits} bits, not {q.Bits} and {k.Bits}");
        check.Require(q.Channels == k.Channels, $"queries of {q.Channels} channels do not meet keys of {k.Channels}");
        check.Require(Heads >= 1 && q.Channels % Heads == 0, $"{q.Channels} channels do not divide into {Heads} heads");
        check.Require(IsZero(q, QueryZero) && IsZero(k, KeyZero), "the code that stands for 0 is 0 to 255, and 0 where there are no codes");
        int depth = q.Channels / Heads;
        ValueInfo shape = check.Shape((Int128)Heads * k.Area, q.Height, q.Width);
        check.CountSteps((Int128)shape.Count * depth);
        long[] products =
        [
            (long)(q.Minimum - QueryZero) * (k.Minimum - KeyZero),
            (long)(q.Minimum - QueryZero) * (k.Maximum - KeyZero),
            (long)(q.Maximum - QueryZero) * (k.Minimum - KeyZero),
            (long)(q.Maximum - QueryZero) * (k.Maximum - KeyZero),
        ];
        return check.Integers(shape, (Int128)products.Min() * depth, (Int128)products.Max() * depth);
    }

    private static bool IsZero(ValueInfo x, int zero) => x.Kind == ElementKind.Codes ? zero is >= 0 and <= byte.MaxValue : zero == 0;

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Key);
        writer.Size(Heads);
        writer.Byte((byte)QueryZero);
        writer.Byte((byte)KeyZero);
    }

    internal static AttentionScores Read(ref FileReader reader, int input) =>
        new(input, Key: reader.Size(), Heads: reader.Size(), QueryZero: reader.Byte(), KeyZero: reader.Byte());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> q = inputs[0],
            k = inputs[1];
        (int queries, int keys) = (inputs.Info(0).Area, inputs.Info(1).Area);
        int depth = inputs.Info(0).Channels / Heads,
            next = 0;
        for (int h = 0; h < Heads; h++)
        {
            for (int j = 0; j < keys; j++)
            {
                for (int i = 0; i < queries; i++)
                {
                    long sum = 0;
                    for (int c = h * depth; c < (h + 1) * depth; c++)
                    {
                        sum += (q[c * queries + i] - QueryZero) * (k[c * keys + j] - KeyZero);
                    }

                    output[next++] = sum;
                }
            }
        }
    }
}
