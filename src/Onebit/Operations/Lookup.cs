namespace Onebit;

/// <summary>An activation as a table: <c>out = Table[in]</c>, from codes of k bits, 1 to 8, to codes of 8 bits.</summary>
/// <param name="Input">The value read, which holds codes.</param>
/// <param name="Table">2^k codes, the same for all channels.</param>
public sealed record Lookup(int Input, ReadOnlyMemory<byte> Table) : UnaryOperation(Input)
{
    internal const byte Kind = 17;

    private const int MaxBits = 8;

    /// <summary>2^k codes, the same for all channels; copied when they are set.</summary>
    public ReadOnlyMemory<byte> Table
    {
        get;
        init => field = value.ToArray();
    } = Table.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Table.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(
            x.Kind == ElementKind.Codes && x.Bits <= MaxBits,
            $"a table is for codes of 1 to {MaxBits} bits, not for {x.Kind} of {x.Bits}"
        );
        check.Require(Table.Length == 1 << x.Bits, $"codes of {x.Bits} bits need a table of {1 << x.Bits} entries, not {Table.Length}");
        check.CountEntries(Table.Length);
        return check.SameShape(x).AsCodes(MaxBits, byte.MaxValue);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Table.Length);
        writer.Bytes(Table.Span);
    }

    internal static Lookup Read(ref FileReader reader, int input) => new(input, reader.Bytes(reader.Size()).ToArray());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = Table.Span[x[i]];
        }
    }
}
