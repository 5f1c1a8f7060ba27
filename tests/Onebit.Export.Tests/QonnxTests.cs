using Onebit.Tests;
using Onebit.Training;

namespace Onebit.Export.Tests;

/// <summary>What is written as QONNX and read again has the same weights and scores; no damaged file does harm.</summary>
public class QonnxTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Written_and_read_again_a_model_has_the_same_weights_and_scores(bool isDense)
    {
        var random = new Random(3);
        for (int i = 0; i < 20; i++)
        {
            BitModel model = isDense ? Build.Mlp(random) : Convolutions(random),
                again = QonnxImporter.Read(QonnxExporter.Write(model));
            Assert.Equal(
                model.Operations.OfType<Linear>().Select(l => Convert.ToHexString(l.Weights.Span)),
                again.Operations.OfType<Linear>().Select(l => Convert.ToHexString(l.Weights.Span))
            );
            for (int n = 0; n < 10; n++)
            {
                byte[] image = RandomModels.Image(model, random);
                long[] scores = new long[model.ClassCount],
                    others = new long[model.ClassCount];
                Assert.Equal(model.Predict(image, scores), again.Predict(image, others));
                Assert.Equal(scores, others);
            }
        }
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

    private static BitModel Convolutions(Random random)
    {
        Threshold Ends(int input, int channels) =>
            new(input, Build.Many(channels, () => random.Next(-9, 9)), Build.Many(channels, () => random.Next(2) == 0));
        return new BitModel(
            new ModelInput(1, 10, 9, 8, 0),
            [
                new Linear(0, 5, 3, 3, 1, 1, 1, Build.Weights(random, 5 * 9)),
                Ends(1, 5),
                new MaxPool(2, 2, 2),
                new Linear(3, 6, 3, 3, 2, 1, 1, Build.Weights(random, 6 * 45)),
                Ends(4, 6),
                new Linear(5, 4, 3, 2, 1, 0, 1, Build.Weights(random, 4 * 36)),
                new Scores(6, Build.Many(4, () => random.Next(1, 1000) * 2 + 1), Build.Many(4, () => (long)random.Next() * 2 + 1), 7),
            ]
        );
    }
}
