using Onebit.Datasets;
using Onebit.Tests;
using Onebit.Training;

namespace Onebit.Export.Tests;

/// <summary>
/// What is written as QONNX computes the scores of the model, and read again it has the same weights and scores. All 10,000 test images:
/// <c>ONEBIT_ALL=1 dotnet run --project tests/Onebit.Export.Tests -- -class '*QonnxTests'</c>.
/// </summary>
public class QonnxTests
{
    private static readonly bool s_isLong = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1";

    public static TheoryData<string> Shipped => OnnxExporterTests.Shipped;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Written_and_read_again_a_model_has_the_same_weights_and_scores(bool isDense)
    {
        var random = new Random(3);
        for (int i = 0; i < 20; i++)
        {
            BitModel model = isDense ? Build.Mlp(random) : Convolutions(random);
            RequireSame(model, Build.Many(10, () => RandomModels.Image(model, random)), computed: 2);
        }
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_model_written_and_read_again_has_the_same_weights_and_scores(string name)
    {
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", name));
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        int count = s_isLong ? 10_000 : 100;
        RequireSame(
            model,
            [.. Enumerable.Range(0, count).Select(i => images.Pixels.Slice(i * 784, 784).ToArray())],
            computed: s_isLong ? 100 : 2
        );
        Assert.Equal(model.ToBytes(), QonnxImporter.Read(QonnxExporter.Write(model)).ToBytes());
    }

    [Fact]
    public void A_model_of_any_operations_is_written_or_refused_by_the_name_of_one()
    {
        var random = new Random(8);
        int written = 0;
        for (int i = 0; i < 400; i++)
        {
            BitModel model = RandomModels.Create(random);
            try
            {
                RequireSame(model, Build.Many(3, () => RandomModels.Image(model, random)), computed: 3);
                written++;
            }
            catch (InvalidDataException e)
            {
                Assert.Matches("^QONNX cannot hold the operation .*\\.$", e.Message);
                Assert.Contains(model.Operations, o => e.Message.Contains(o.Label, StringComparison.Ordinal));
            }
        }

        Assert.InRange(written, 20, 399);
    }

    [Fact]
    public void Names_of_classes_and_the_preparation_are_kept()
    {
        BitModel plain = Build.Mlp(new Random(4));
        string[] names = [.. Enumerable.Range(0, plain.ClassCount).Select(c => $"class {c}")];
        BitModel model = new BitModel(plain.Input, plain.Operations, names).WithPreparation(ImagePreparation.Scaled);
        BitModel again = QonnxImporter.Read(QonnxExporter.Write(model));
        Assert.Equal(names, again.ClassNames);
        Assert.Equal(ImagePreparation.Scaled, again.Preparation);
    }

    [Fact]
    public void A_damaged_file_is_refused_and_does_no_harm()
    {
        byte[] file = QonnxExporter.Write(Convolutions(new Random(5)));
        var random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. file];
            for (int k = random.Next(1, 6); k > 0; k--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            damaged = random.Next(4) == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
            try
            {
                _ = QonnxImporter.Read(damaged);
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, 300, 3000);
    }

    [Theory]
    [InlineData(new int[0], false, 0, 9)]
    [InlineData(new[] { 3 }, false, 0, 9)]
    [InlineData(new[] { 3, 5, 7 }, false, 0, 9)]
    [InlineData(new[] { 3, 5, 7 }, true, 0, 9)]
    [InlineData(new[] { -40, -13, 13 }, true, -60, 60)]
    [InlineData(new[] { 4, 4, 4 }, false, 0, 9)]
    [InlineData(new[] { -99, 4, 99 }, false, 0, 9)]
    [InlineData(new[] { 1, 2, 9 }, false, 0, 9, false)]
    public void Steps_are_found_where_they_are_equal(int[] thresholds, bool flipped, int minimum, int maximum, bool isFound = true)
    {
        (float Factor, float Offset)? found = EqualSteps.Find(thresholds, flipped, minimum, maximum);
        Assert.Equal(isFound, found is not null);
        for (int x = minimum; x <= maximum && found is var (factor, offset); x++)
        {
            int reached = thresholds.Count(t => x >= t);
            Assert.Equal(
                flipped ? thresholds.Length - reached : reached,
                (int)Math.Clamp(Math.Floor(factor * x + offset), 0, thresholds.Length)
            );
        }
    }

    /// <summary>The file's own computation and the model that is read from it give the scores of the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images.</param>
    /// <param name="computed">How many of them the file computes.</param>
    private static void RequireSame(BitModel model, byte[][] images, int computed)
    {
        byte[] file = QonnxExporter.Write(model);
        BitModel again = QonnxImporter.Read(file);
        Assert.Equal(
            model.Operations.OfType<Linear>().Select(l => Convert.ToHexString(l.Weights.Span)),
            again.Operations.OfType<Linear>().Select(l => Convert.ToHexString(l.Weights.Span))
        );
        var evaluator = new OnnxEvaluator(file);
        double one = Math.ScaleB(1, ((Scores)model.Operations[^1]).Shift),
            oneAgain = Math.ScaleB(1, ((Scores)again.Operations[^1]).Shift);
        for (int n = 0; n < images.Length; n++)
        {
            long[] scores = new long[model.ClassCount],
                others = new long[model.ClassCount];
            Assert.Equal(model.Predict(images[n], scores), again.Predict(images[n], others));
            // In the file read again the shift may be smaller.
            Assert.Equal(scores.Select(s => s / one), others.Select(s => s / oneAgain));
            if (n < computed)
            {
                // Doubles have 53 bits, and scores up to 64.
                double[] logits = evaluator.Run(images[n]);
                Assert.All(logits, (logit, c) => Assert.Equal(scores[c] / one, logit, Math.Abs(logit) * 1e-14));
            }
        }
    }

    /// <summary>All that QONNX can hold: one- and two-bit weights, codes of 2, 8 and 16 bits, both pools, sums, groups.</summary>
    private static BitModel Convolutions(Random random)
    {
        Threshold Ends(int input, int channels) =>
            new(input, Build.Many(channels, () => random.Next(-9, 9)), Build.Many(channels, () => random.Next(2) == 0));
        Requantize Codes(int input, int channels, int bits) =>
            new(input, Build.Many(channels, () => random.Next(-900, 900)), Build.Many(channels, () => random.NextInt64(1L << 30)), 9, bits);
        int[] Steps(int channels) =>
            [
                .. Enumerable
                    .Range(0, channels)
                    .SelectMany(_ => Build.Many(1, () => random.Next(-9, 3)).SelectMany(t => new[] { t, t + 7, t + 14 })),
            ];
        byte[] high = Build.Weights(random, 6 * 54),
            low = [.. high.Zip(Build.Weights(random, 6 * 54), (a, b) => (byte)(a | b))];
        return new BitModel(
            new ModelInput(1, 10, 9, 8, 0),
            [
                new Linear(0, 6, 3, 3, 1, 1, 1, Build.Weights(random, 6 * 9)),
                Ends(1, 6),
                // Weights of -1, 0 and 1.
                new Linear(2, 6, 3, 3, 1, 1, 1, high),
                new Linear(2, 6, 3, 3, 1, 1, 1, low),
                new WeightedSum(new[] { 3, 4 }, Build.Repeat(1, 12)),
                new MaxPool(5, 2, 2),
                Codes(6, 6, 16),
                new Quantize(6, 2, Steps(6), Build.Many(6, () => random.Next(2) == 0)),
                new Linear(8, 6, 3, 3, 1, 1, 3, Build.Weights(random, 6 * 18)),
                Codes(9, 6, 16),
                new Add(7, 10),
                new WeightedSum(new[] { 11, 7 }, Build.Many(12, () => random.Next(-3, 4))),
                Codes(12, 6, 8),
                new Linear(13, 6, 3, 3, 2, 1, 1, Build.Weights(random, 6 * 54)),
                Codes(14, 6, 8),
                new SumPool(15, 2, 1),
                new Linear(16, 4, 2, 1, 1, 0, 1, Build.Weights(random, 4 * 12)),
                new Scores(17, Build.Many(4, () => random.Next(1, 1000) * 2 + 1), Build.Many(4, () => (long)random.Next() * 2 + 1), 7),
            ]
        );
    }
}
