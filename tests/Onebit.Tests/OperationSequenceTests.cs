namespace Onebit.Tests;

/// <summary>Operations as such: their kinds in a file, and that they never change.</summary>
public class OperationSequenceTests
{
    private static readonly byte[] s_weights = [0b0110];
    private static readonly byte[] s_table = [.. Enumerable.Range(1, 255).Append(1).Select(i => (byte)i)];
    private static readonly bool[] s_flags = [false, true];
    private static readonly int[] s_integers = [1, 2];
    private static readonly long[] s_offsets = [3, 4];
    private static readonly long[] s_evenOffsets = [32, 64];

    /// <summary>One of each kind, by number.</summary>
    private static Operation[] Operations =>
        [
            new Linear(0, 2, 1, 1, 1, 0, 1, s_weights),
            new Threshold(0, s_integers, s_flags),
            new Requantize(0, s_integers, s_offsets, 2, 8),
            new MaxPool(0, 2, 3),
            new SumPool(0, 2, 3),
            new Add(0, 1),
            new Scores(0, s_integers, s_offsets, 5),
            new WeightedSum(s_integers, s_integers),
            new Quantize(0, 1, s_integers, s_flags),
            new BitPlane(0, 1),
            new PiecewiseLinear(0, s_integers, s_integers, s_offsets, s_integers, s_evenOffsets, 6),
            new Linear(9, 2, 1, 1, 1, 0, 1, s_weights),
            new Requantize(0, s_integers, s_evenOffsets, 2, 8),
            new Scores(0, s_integers, s_evenOffsets, 5),
            new Concat(s_integers),
            new Upsample(0),
            new Lookup(0, s_table),
            new PositionalEmbedding(0, s_weights, s_integers),
            new AttentionScores(0, 1, 2, 3, 4),
            new Softmax(0, s_integers, 5, s_table, s_integers, 6),
            new AttentionSum(0, 1, 2),
            new AttentionMean(0, 1, 2, 3),
            new Slice(0, 1, new Shape(2, 3, 4)),
            new AddEmbedding(0, 1, 2, s_integers),
        ];

    [Fact]
    public void Every_type_of_operation_has_its_kinds_and_is_read_as_it_was_written()
    {
        Assert.Equal(
            typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract).Order(ByName),
            Operations.Select(o => o.GetType()).Distinct().Order(ByName)
        );
        byte[] bytes = Write(Operations, out int[] lengths);
        int[] starts = [.. lengths.Select((_, i) => 1 + lengths.Take(i).Sum())];
        Assert.Equal(Enumerable.Range(1, Operations.Length), starts.Select(start => (int)bytes[start]));

        var reader = new FileReader(bytes);
        Operation[] read = OperationSequence.Read(ref reader);
        Assert.True(reader.AtEnd);
        Assert.Equal(Operations.Select(o => o.GetType()), read.Select(o => o.GetType()));
        Assert.Equal(Operations.Select(o => o.Inputs.ToArray()), read.Select(o => o.Inputs.ToArray()));
        Assert.Equal(bytes, Write(read, out _));
    }

    [Fact]
    public void An_operation_keeps_its_own_copies_of_what_it_was_made_of()
    {
        int[] integers = [1, 2];
        long[] offsets = [3, 4];
        bool[] flags = [false, true];
        byte[] weights = [0b0110],
            table = [.. s_table];
        Operation[] operations =
        [
            new Linear(0, 2, 1, 1, 1, 0, 1, weights),
            new Threshold(0, integers, flags),
            new Requantize(0, integers, offsets, 2, 8),
            new Scores(0, integers, offsets, 5),
            new WeightedSum(integers, integers),
            new Quantize(0, 1, integers, flags),
            new PiecewiseLinear(0, integers, integers, offsets, integers, offsets, 6),
            new Concat(integers),
            new Lookup(0, table),
            new PositionalEmbedding(0, weights, integers),
            new Softmax(0, integers, 5, table, integers, 6),
            new AddEmbedding(0, 0, 0, integers),
        ];
        operations =
        [
            .. operations,
            (Linear)operations[0] with
            {
                Weights = weights,
                Outputs = 1,
            },
            (Threshold)operations[1] with
            {
                Thresholds = integers,
                Flipped = flags,
            },
            (Requantize)operations[2] with
            {
                Multipliers = integers,
                Offsets = offsets,
            },
            (Scores)operations[3] with
            {
                Multipliers = integers,
                Offsets = offsets,
            },
            (WeightedSum)operations[4] with
            {
                Multipliers = integers,
            },
            (Quantize)operations[5] with
            {
                Thresholds = integers,
                Flipped = flags,
            },
            (PiecewiseLinear)operations[6] with
            {
                Breaks = integers,
                LowMultipliers = integers,
                LowOffsets = offsets,
                HighMultipliers = integers,
                HighOffsets = offsets,
            },
            (Lookup)operations[8] with
            {
                Table = table,
            },
            (PositionalEmbedding)operations[9] with
            {
                Signs = weights,
                Multipliers = integers,
            },
            (Softmax)operations[10] with
            {
                Multipliers = integers,
                Table = table,
                Thresholds = integers,
            },
        ];
        byte[] before = Write(operations, out _);
        (weights[0], table[0], flags[0], integers[1], offsets[1]) = (0, 9, true, 9, 9);
        Assert.Equal(before, Write(operations, out _));
    }

    [Fact]
    public void Operations_that_read_the_same_values_with_the_same_numbers_are_equal()
    {
        Assert.Equal(new Add(1, 2), new Add(1, 2));
        Assert.Equal(new Add(1, 2).GetHashCode(), new Add(1, 2).GetHashCode());
        Assert.NotEqual(new Add(1, 2), new Add(1, 3));
        Assert.NotEqual<Operation>(new MaxPool(1, 2, 2), new SumPool(1, 2, 2));
        Assert.Equal(new MaxPool(1, 2, 2), new MaxPool(3, 2, 2) with { Input = 1 });
    }

    private static Comparer<Type> ByName => Comparer<Type>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private static byte[] Write(Operation[] operations, out int[] lengths)
    {
        var writer = new FileWriter();
        lengths = OperationSequence.Write(writer, operations);
        return writer.Finish()[..^4];
    }
}
