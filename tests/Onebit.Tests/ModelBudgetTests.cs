namespace Onebit.Tests;

/// <summary>Small files that would cost much: the smallest of each kind that is refused, and the largest that is not.</summary>
public class ModelBudgetTests
{
    private static readonly AttentionScores s_scores = new(0, 0, 1, 0, 0);
    private static readonly Softmax s_softmax = new(1, new int[1], 0, new byte[] { 1 }, default, 0);

    [Fact]
    public void Many_layers_that_share_weights_are_refused()
    {
        byte[] file = Sharing(1023).ToBytes();
        Assert.InRange(file.Length, 0, 1 << 18);
        Refuses("bytes of weights", file);
        Assert.Equal(32, BitModel.Read(Sharing(31).ToBytes()).Operations.Count);

        static BitModel Sharing(int layers)
        {
            var weights = new byte[1 << 17];
            List<Operation> operations = [.. Enumerable.Repeat(new Linear(0, 1024, 1, 1, 1, 0, 1, weights), layers - 1)];
            operations.Add(new Linear(0, 2, 1, 1, 1, 0, 1, new byte[256]));
            operations.Add(new Scores(layers, new[] { 1, 1 }, new long[2], 0));
            return new BitModel(new ModelInput(1024, 1, 1, 1, 128), operations);
        }
    }

    [Fact]
    public void Large_windows_are_refused()
    {
        Linear first = new(0, 1, 150, 150, 1, 0, 1, new byte[(150 * 150 + 7) / 8]);
        BitModel model = new BitModel(new ModelInput(1, 360, 360, 1, 128), Scored(first, 211));
        Refuses("steps", model.ToBytes());
    }

    [Fact]
    public void Wide_values_are_refused()
    {
        var weights = new byte[1 << 19];
        List<Operation> operations = [.. Enumerable.Repeat(new Linear(0, 1 << 22, 1, 1, 1, 0, 1, weights), 7)];
        operations.Add(new Linear(0, 2, 1, 1, 1, 0, 1, new byte[1]));
        operations.Add(new Scores(8, new[] { 1, 1 }, new long[2], 0));
        Refuses("bytes of weights", new BitModel(new ModelInput(1, 1, 1, 1, 128), operations).ToBytes());
    }

    [Fact]
    public void A_caller_can_give_another_budget()
    {
        BitModel model = new BitModel(new ModelInput(1, 28, 28, 8, 0), Scored(new Linear(0, 1, 3, 3, 1, 0, 1, new byte[2]), 26));
        byte[] file = model.ToBytes();
        Assert.Equal(file, BitModel.Read(file).ToBytes());
        foreach (
            ModelBudget small in new[]
            {
                new ModelBudget { Steps = 1000 },
                new ModelBudget { WeightBytes = 100 },
                new ModelBudget { ScratchBytes = 1000 },
            }
        )
        {
            Assert.Contains("too costly", Assert.Throws<InvalidDataException>(() => BitModel.Read(file, small)).Message);
        }

        using var folder = new TemporaryFolder();
        string path = folder.Add("small.onebit", file);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => BitModel.Load(path, new ModelBudget { Steps = 1 })).Message);
        Assert.Equal(4, BitModel.Load(path, ModelBudget.Unlimited).Operations.Count);
    }

    [Fact]
    public void A_larger_file_has_a_larger_budget()
    {
        ModelBudget small = new(),
            large = ModelBudget.Of(17 << 20);
        Assert.Equal(small, ModelBudget.Of(1000));
        Assert.Equal(17 * small.Steps, large.Steps);
        Assert.Equal(17 * small.WeightBytes, large.WeightBytes);
        Assert.Equal(17 * small.ScratchBytes, large.ScratchBytes);
    }

    /// <summary>Layers for whose scratch memory 32 bits are too few, unless it is counted in more.</summary>
    [Fact]
    public void Scratch_memory_of_layers_of_many_positions_does_not_overflow()
    {
        // A large kernel and stride: many rows are read, and few computed.
        Linear tall = new(0, 1, 63, 1, 63, 31, 1, Bytes(63));
        Compare(261_000, 1, 1, tall, null);
        // Many channels of few inputs: many tables of sums.
        Linear deep = new(0, 1, 1, 5, 1, 1, 1, Bytes(300_000 * 5));
        Compare(300_000, 1, 4, deep, new MaxPool(1, 2, 2));

        static byte[] Bytes(long bits) => new byte[(bits + 7) / 8];

        static void Compare(int channels, int height, int width, Linear linear, MaxPool? pool)
        {
            byte[] weights = new byte[((long)channels * linear.KernelHeight * linear.KernelWidth + 7) / 8];
            new Random(1).NextBytes(weights);
            var input = new ModelInput(channels, height, width, 8, 0);
            var builder = new ModelBuilder(input);
            int last = builder.Append(linear with { Weights = weights });
            last = pool is null ? last : builder.Append(pool);
            ValueInfo sums = builder.Values[last];
            last = builder.Append(new Threshold(last, new int[1], new bool[1]));
            last = builder.Append(new Linear(last, 2, sums.Height, sums.Width, 1, 0, 1, new byte[] { 1 }));
            builder.Append(new Scores(last, new[] { 1, 1 }, new long[2], 0));
            BitModel model = BitModel.Read(builder.Build().ToBytes(), ModelBudget.Unlimited);
            byte[] pixels = new byte[input.Shape.Count];
            new Random(2).NextBytes(pixels);
            Kernels.Exact.RequireSameScores(model, pixels);
        }
    }

    [Fact]
    public void A_chain_of_large_values_is_refused()
    {
        Operation[] sums = [.. Enumerable.Range(0, 8).Select(i => new Add(i, i))];
        Refuses(
            "bytes of memory",
            new BitModel(
                new ModelInput(1, 1600, 1600, 1, 128),
                [
                    .. sums,
                    new MaxPool(8, 1600, 1600),
                    new Linear(0, 2, 1600, 1600, 1, 0, 1, Bits(2 * 1600 * 1600)),
                    new Scores(10, new[] { 1, 1 }, new long[2], 0),
                ]
            ).ToBytes()
        );
    }

    /// <summary>The last operation of each, and the steps of a prediction up to it.</summary>
    public static TheoryData<int, Operation[]> Steps =>
        new()
        {
            { 32, [new Concat(new int[2])] },
            { 64, [new Upsample(0)] },
            { 16, [new Lookup(0, new byte[256])] },
            { 16, [new PositionalEmbedding(0, new byte[2], new int[4])] },
            // Four positions of four channels: scores of 4 x 4, each of four products.
            { 64, [s_scores] },
            { 64 + 48, [s_scores, s_softmax] },
            { 64 + 48 + 64, [s_scores, s_softmax, new AttentionMean(2, 0, 1, 0)] },
            { 64 + 48 + 64, [s_scores, s_softmax with { Thresholds = new int[1] }, new AttentionSum(2, 0, 1)] },
        };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Every_operation_takes_steps(int steps, Operation[] operations)
    {
        var input = new ModelInput(4, 2, 2, 8, 0);
        ModelCheck.Infer(input, operations, complete: false, new ModelBudget { Steps = steps });
        var less = new ModelBudget { Steps = steps - 1 };
        Assert.Throws<InvalidDataException>(() => ModelCheck.Infer(input, operations, complete: false, less));
    }

    [Fact]
    public void Signs_of_an_embedding_of_positions_are_weights()
    {
        Operation[] operations = [new PositionalEmbedding(0, new byte[2], new int[4])];
        var input = new ModelInput(4, 2, 2, 8, 0);
        ModelCheck.Infer(input, operations, complete: false, new ModelBudget { WeightBytes = 2 });
        var less = new ModelBudget { WeightBytes = 1 };
        Assert.Throws<InvalidDataException>(() => ModelCheck.Infer(input, operations, complete: false, less));
    }

    private static byte[] Bits(int count)
    {
        var bytes = new byte[(count + 7) / 8];
        bytes[0] = 1;
        return bytes;
    }

    /// <summary>A convolution, and what makes a model of it.</summary>
    private static Operation[] Scored(Linear first, int side) =>
        [
            first,
            new Threshold(1, new int[1], new bool[1]),
            new Linear(2, 2, side, side, 1, 0, 1, Bits(2 * side * side)),
            new Scores(3, new[] { 1, 1 }, new long[2], 0),
        ];

    private static void Refuses(string what, byte[] file)
    {
        string message = Assert.Throws<InvalidDataException>(() => BitModel.Read(file)).Message;
        Assert.Contains(what, message, StringComparison.Ordinal);
    }
}
