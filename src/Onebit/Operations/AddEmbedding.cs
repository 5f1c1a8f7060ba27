namespace Onebit;

/// <summary>
/// Adds a learned number to each channel, chosen by one element of another value: a noise level or a class.
/// <c>out[c, y, x] = in[c, y, x] + Table[row, c]</c>, where the row is that element, clamped to the rows that there are. Gives integers.
/// </summary>
/// <param name="Input">The value added to.</param>
/// <param name="Index">The value that holds the row's number.</param>
/// <param name="Element">Which of its elements.</param>
/// <param name="Table">Rows of one integer per channel, row by row.</param>
public sealed record AddEmbedding(int Input, int Index, int Element, ReadOnlyMemory<int> Table) : Operation(Input, Index)
{
    internal const byte Kind = 24;

    /// <summary>The value added to.</summary>
    public int Input => Inputs.Span[0];

    /// <summary>The value that holds the row's number.</summary>
    public int Index => Inputs.Span[1];

    /// <summary>Rows of one integer per channel, row by row; copied when they are set.</summary>
    public ReadOnlyMemory<int> Table
    {
        get;
        init => field = value.ToArray();
    } = Table.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Table.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        (ValueInfo x, ValueInfo index) = (inputs[0], inputs[1]);
        check.Require(
            Table.Length > 0 && Table.Length % x.Channels == 0,
            $"a table has rows of {x.Channels} entries, one per channel, not {Table.Length} entries"
        );
        check.Require(Element >= 0 && Element < index.Count, $"there is no element {Element} in a value of {index.Count}");
        check.CountEntries(Table.Length);
        check.CountSteps(index.Count);
        int lowest = int.MaxValue,
            highest = int.MinValue;
        foreach (int number in Table.Span)
        {
            (lowest, highest) = (Math.Min(lowest, number), Math.Max(highest, number));
        }

        return check.Integers(check.SameShape(x), (long)x.Minimum + lowest, (long)x.Maximum + highest);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Index);
        writer.Size(Element);
        writer.Size(Table.Length);
        writer.Integers(Table.Span);
    }

    internal static AddEmbedding Read(ref FileReader reader, int input) =>
        new(input, reader.Size(), reader.Size(), reader.Integers32(reader.Size()));

    /// <summary>The numbers to add, one per channel.</summary>
    /// <param name="index">The element that chooses them.</param>
    /// <param name="channels">How many there are.</param>
    internal ReadOnlySpan<int> Row(int index, int channels) =>
        Table.Span.Slice(Math.Clamp(index, 0, Table.Length / channels - 1) * channels, channels);

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0],
            row = Row(inputs[1][Element], inputs.Info(0).Channels);
        int area = inputs.Info(0).Area;
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = (long)x[i] + row[i / area];
        }
    }
}
