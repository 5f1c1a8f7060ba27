using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit.Tests.Kernels;

/// <summary>What random models seldom are.</summary>
public class KernelEdgeTests
{
    [Fact]
    public void A_layer_that_nothing_reads_disturbs_nothing()
    {
        var random = new Random(1);
        var input = new ModelInput(1, 3, 3, 1, 128);
        Operation[] operations =
        [
            new Linear(0, 40, 1, 1, 1, 0, 1, Build.Weights(random, 40)),
            Build.Threshold(1, Build.Many(40, () => random.Next(-1, 2))),
            new Linear(0, 4, 3, 3, 1, 0, 1, Build.Weights(random, 36)),
            Build.Scores(3, 4),
        ];
        foreach (int width in Widths.All)
        {
            var model = new BitModel(input, operations, width);
            byte[][] images = Build.Many(600, () => RandomModels.Image(model, random));
            var classes = new int[600];
            model.PredictBatch([.. images.SelectMany(image => image)], classes);
            Assert.Equal(images.Select(image => model.PredictPlainly(image, new long[4])), classes);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(65)]
    public void Rows_of_any_width_are_repeated_and_joined_by_kernels(int width)
    {
        var random = new Random(width);
        ModelInput input = Build.Bytes(2, 2, width);
        (Operation[] Form, int Lowest, int Highest)[] forms =
        [
            ([Build.Threshold(0, 100, 150)], 0, 0),
            ([], 1, 255),
            ([Build.Centered(0, 2)], -127, 127),
        ];
        foreach ((Operation[] form, int lowest, int highest) in forms)
        {
            int source = form.Length;
            Operation[] operations =
            [
                .. form,
                new Upsample(source),
                new Concat(new[] { source + 1, source + 1, source + 1 }),
                Build.Threshold(source + 2, Build.Many(6, () => random.Next(lowest, highest + 1))),
                new Linear(source + 3, 10, 4, 2 * width, 1, 0, 1, Build.Weights(random, 10 * 6 * 4 * 2 * width)),
                Build.Scores(source + 4, 10),
            ];
            foreach (int bits in Widths.All)
            {
                var model = new BitModel(input, operations, bits);
                Type[] planned = [.. new ExecutionPlan(input, operations, model.Values, bits).Operations.Select(o => o.GetType())];
                Assert.Contains(typeof(PlannedUpsample), planned);
                Assert.Contains(typeof(PlannedConcat), planned);
                Assert.DoesNotContain(typeof(PlannedLoop), planned);
                Exact.RequireSameScores(model, RandomModels.Image(model, random));
            }
        }
    }

    [Fact]
    public void Rows_of_sums_that_overlap_are_right()
    {
        // The padding is as wide as the kernel, so a row of the result is longer than from one row of the input to the next.
        var random = new Random(5);
        Operation[] operations =
        [
            new Linear(0, 3, 1, 1, 1, 1, 1, Build.Weights(random, 6)),
            new Add(1, 1),
            Build.Threshold(2, Build.Many(3, () => random.Next(-200, 200))),
            new Linear(3, 10, 5, 6, 1, 0, 1, Build.Weights(random, 10 * 3 * 5 * 6)),
            Build.Scores(4, 10),
        ];
        foreach (int bits in Widths.All)
        {
            var model = new BitModel(Build.Bytes(2, 3, 4), operations, bits);
            Exact.RequireSameScores(model, RandomModels.Image(model, random));
        }
    }

    [Fact]
    public void Bits_without_an_output_are_0_whatever_was_in_memory()
    {
        const int Inputs = 70,
            Outputs = 10;
        var linear = new Linear(0, Outputs, 1, 1, 1, 0, 1, Build.Weights(new Random(3), Inputs * Outputs));
        ValueInfo input = new(Inputs, 1, 1, ElementKind.Codes, 1, 0, 1),
            sums = new(Outputs, 1, 1, ElementKind.Integers, 8, -Inputs, Inputs);
        ValueInfo signs = new(Outputs, 1, 1, ElementKind.Signs, 1, -1, 1);
        var layer = new FusedLinear(linear, null, Build.Threshold(1, Build.Repeat(-Inputs, Outputs)), 2, [input, sums, signs]);
        DenseKernel[] kernels =
        [
            new DenseRows(layer),
            new DenseBytes<Vector64Ops, ulong>(layer),
            new DenseBytes<Vector128Ops, Vector128<ulong>>(layer),
            new DenseBytes<Vector512Ops, Vector512<ulong>>(layer),
            new DenseColumns<Vector64Ops, ulong>(layer),
            new DenseColumns<Vector512Ops, Vector512<ulong>>(layer),
        ];
        foreach (DenseKernel kernel in kernels)
        {
            // With one input set, twice 2^30 less one is the largest integer.
            var memory = Build.Repeat(1 << 30, kernel.ScratchBytes / sizeof(int) + 1);
            ulong[] planes = [1, 0, 0],
                bits = Build.Repeat(ulong.MaxValue, 9);
            kernel.Signs(planes, ref bits[0], ref Unsafe.As<int, byte>(ref memory[0]));
            Assert.Equal((1UL << Outputs) - 1, bits[0]);
        }
    }

    [Fact]
    public void Very_many_outputs_of_few_positions_do_not_take_memory_for_whole_vectors_of_each()
    {
        // A quarter of a million sums at two positions, each in lanes for 64 to 512, would be half a gigabyte.
        const int Outputs = 1 << 18;
        var linear = new Linear(0, Outputs, 1, 1, 1, 0, 1, Build.Weights(new Random(4), Outputs));
        foreach (int bits in new[] { 1, 8 })
        {
            ValueInfo input = new(1, 2, 1, ElementKind.Codes, bits, 0, (1 << bits) - 1),
                sums = new(Outputs, 2, 1, ElementKind.Integers, 32, 0, 0);
            var layer = new FusedLinear(linear, null, null, 1, [input, sums]);
            Assert.All(Widths.All, width => Assert.Null(KernelChooser.Convolution(layer, width)));
        }
    }

    [Fact]
    public void Layers_too_large_for_lists_run_plainly()
    {
        // 2^27 weights at two positions: no dense layer.
        const int Channels = 8192;
        var random = new Random(2);
        Operation[] operations =
        [
            new Linear(0, Channels, 1, 1, 1, 0, 1, Build.Weights(random, Channels)),
            Build.Threshold(1, Build.Many(Channels, () => random.Next(-255, 256))),
            new Linear(2, 2 * Channels, 1, 1, 1, 0, 1, Build.Weights(random, 2 * Channels * Channels)),
            Build.Threshold(3, Build.Many(2 * Channels, () => random.Next(-50, 50))),
            new Linear(4, 2, 2, 1, 1, 0, 1, Build.Weights(random, 2 * 2 * 2 * Channels)),
            Build.Scores(5, 2),
        ];
        Exact.RequireSameScores(new BitModel(new ModelInput(1, 2, 1, 8, 0), operations), [10, 200]);
    }

    [Fact]
    public void A_few_windows_as_large_as_the_image_take_no_more_time_than_they_have_elements()
    {
        // All windows at all positions would be minutes.
        const int Size = 1500;
        Operation[] operations = [new MaxPool(0, Size - 1, 1), Build.Dense(1, 2, 2, 2, "++++ ----"), Build.Scores(2, 2)];
        var model = new BitModel(Build.Bytes(1, Size, Size), operations);
        var image = new byte[Size * Size];
        image[^1] = 7; // The last window's alone.
        long[] scores = new long[2];
        var time = Stopwatch.StartNew();
        Assert.Equal(0, model.Predict(image, scores));
        Assert.Equal([7, -7], scores);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(20), $"{time.Elapsed}");
    }

    [Fact]
    public void Any_number_of_planes_of_weights_may_read_one_input()
    {
        // More than one kernel joins.
        const int Planes = 20,
            Outputs = 24;
        var random = new Random(5);
        var operations = new List<Operation>();
        for (int i = 0; i < Planes; i++)
        {
            operations.Add(new Linear(0, Outputs, 3, 3, 1, 0, 1, Build.Weights(random, 9 * Outputs)));
        }

        operations.Add(new WeightedSum(Enumerable.Range(1, Planes).ToArray(), Build.Many(Planes * Outputs, () => random.Next(-99, 100))));
        operations.Add(Build.Threshold(Planes + 1, new int[Outputs]));
        operations.Add(new Linear(Planes + 2, 4, 1, 1, 1, 0, 1, Build.Weights(random, 4 * Outputs)));
        operations.Add(Build.Scores(Planes + 3, 4));
        foreach (int width in Widths.All)
        {
            var model = new BitModel(Build.Bytes(1, 3, 3), operations, width);
            Exact.RequireSameScores(model, RandomModels.Image(model, random));
        }
    }

    [Theory]
    [InlineData(2, 4)] // dense
    [InlineData(1, 8)] // eight by one: a convolution of two positions
    public void Sums_may_be_the_smallest_integer(int height, int width)
    {
        // Fourteen times four times as much: codes of up to 2^28, eight of them negative.
        var operations = new List<Operation>();
        for (int i = 0; i < 14; i++)
        {
            operations.Add(new SumPool(i, 2, 1));
        }

        operations.Add(new Linear(14, 2, height, width, 1, 0, 1, new byte[2]));
        operations.Add(Build.Threshold(15, int.MinValue, int.MinValue + 1));
        operations.Add(Build.Dense(16, 2, 1, 1, "+- -+"));
        operations.Add(Build.Scores(17, 2));
        var input = new ModelInput(1, 14 + height, 14 + width, 1, 1);
        foreach (int vector in Widths.All)
        {
            var model = new BitModel(input, [.. operations], vector);
            Assert.Equal(int.MinValue, model.Values[15].Minimum);
            Exact.RequireSameScores(model, Build.Repeat((byte)255, model.Values[0].Count));
        }
    }

    [Fact]
    public void Attention_of_deep_heads_has_differences_beyond_32_bits()
    {
        const int Depth = 70_000;
        var random = new Random(1);
        Operation[] operations =
        [
            new AttentionScores(0, 0, 1, 128, 128),
            new Softmax(1, new[] { 1 }, 20, new byte[] { 255, 200, 100, 50, 7 }, default, 0),
            new AttentionMean(2, 0, 1, 0),
            Build.Threshold(3, Build.Many(Depth, () => random.Next(256))),
            new Linear(4, 4, 1, 2, 1, 0, 1, Build.Weights(random, 4 * 2 * Depth)),
            Build.Scores(5, 4),
        ];
        // All channels of a position are black or white.
        byte[] image = Build.Many(2 * Depth, () => (byte)0);
        for (int i = 1; i < image.Length; i += 2)
        {
            image[i] = 255;
        }

        Compare(Build.Bytes(Depth, 1, 2), operations, image);
    }

    [Fact]
    public void Attention_of_one_bit_may_have_values_of_0_and_minus_1()
    {
        var random = new Random(2);
        Operation[] operations =
        [
            Build.Threshold(0, 1, 1, 1, 1),
            new WeightedSum(new[] { 0 }, new[] { -1, -1, -1, -1 }),
            new AttentionScores(1, 1, 1, 0, 0),
            new Softmax(3, new[] { 1 }, 0, new byte[] { 255, 99, 60, 40, 20 }, new[] { 6 }, 0),
            new AttentionSum(4, 2, 1),
            Build.Threshold(5, -4, -3, -2, -1),
            new Linear(6, 4, 3, 3, 1, 0, 1, Build.Weights(random, 4 * 36)),
            Build.Scores(7, 4),
        ];
        var input = new ModelInput(4, 3, 3, 1, 128);
        Assert.Equal(
            (ElementKind.Integers, 1),
            (new BitModel(input, operations).Values[2].Kind, new BitModel(input, operations).Values[2].Bits)
        );
        for (int i = 0; i < 20; i++)
        {
            Compare(input, operations, Build.Many(36, () => (byte)random.Next(256)));
        }
    }

    [Fact]
    public void Terms_of_a_sum_may_be_wider_than_the_sum()
    {
        BitModel model = Build.SumOfLargeTerms();
        foreach (byte[] image in new byte[][] { [0, 0, 255, 255], [255, 0, 0, 255], [255, 255, 255, 255] })
        {
            Compare(model.Input, [.. model.Operations], image);
        }
    }

    private static void Compare(ModelInput input, Operation[] operations, byte[] image) =>
        Assert.All(Widths.All, width => Exact.RequireSameScores(new BitModel(input, operations, width), image));
}
