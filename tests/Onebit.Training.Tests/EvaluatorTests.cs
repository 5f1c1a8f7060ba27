using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public class EvaluatorTests
{
    // More than one batch of 500, with a rest; one pixel each, every third label 1.
    private static readonly ImageSet s_images = new(
        Enumerable.Range(0, 1_101).Select(i => (byte)(i % 4)).ToArray(),
        Enumerable.Range(0, 1_101).Select(i => (byte)(i % 3 == 1 ? 1 : 0)).ToArray(),
        1,
        1,
        1
    );

    [Fact]
    public void Loss_and_accuracy_by_hand_of_the_float_and_of_the_packed_network()
    {
        // Scores are the pixel and minus the pixel: class 0, but for black ones, where both are 0 and the lowest wins.
        using Network network = Create([1, -1]);
        double loss = Enumerable.Range(0, 1_101).Average(i => Math.Log(1 + Math.Exp((i % 3 == 1 ? 2 : -2) * (i % 4))));
        foreach (
            Evaluation evaluation in new[] { Evaluator.Evaluate(network, s_images), Evaluator.Evaluate(Packer.Pack(network), s_images) }
        )
        {
            Assert.Equal(new byte[1_101], evaluation.Predictions);
            Assert.Equal(734 / 1_101.0, evaluation.Accuracy);
            Assert.Equal(loss, evaluation.Loss, 1e-6);
        }
    }

    [Fact]
    public void The_class_is_the_one_with_the_largest_score_the_lowest_among_equals()
    {
        using Network network = Create([-1, 1, 1]);
        byte[] expected = [.. Enumerable.Range(0, 1_101).Select(i => (byte)(i % 4 == 0 ? 0 : 1))];
        Assert.Equal(expected, Evaluator.Evaluate(network, s_images).Predictions);
        Assert.Equal(expected, Evaluator.Evaluate(Packer.Pack(network), s_images).Predictions);
    }

    [Fact]
    public void A_network_is_evaluated_in_evaluation_mode_and_goes_on_as_it_was()
    {
        using Network network = Networks.Create(
            """[{ "type": "dropout", "rate": 0.9 }, { "type": "dense" }, { "type": "batchNorm" }]""",
            new BinaryConnect(),
            (1, 1, 1),
            2
        );
        float[] Statistics() => [.. network.BatchNormModules.Single().Mean.data<float>()];
        network.train();
        float[] before = Statistics();
        Evaluation evaluation = Evaluator.Evaluate(network, s_images);
        Assert.True(network.training);
        Assert.Equal(before, Statistics());
        Assert.Equal(evaluation.Loss, Evaluator.Evaluate(network, s_images).Loss);
        network.eval();
        Evaluator.Evaluate(network, s_images);
        Assert.False(network.training);
    }

    [Fact]
    public void A_confusion_has_true_classes_in_rows()
    {
        int[][] counts = Evaluation.Confusion([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 0, 2], 3);
        Assert.Equal([1, 1, 0], counts[0]);
        Assert.Equal([0, 1, 0], counts[1]);
        Assert.Equal([2, 0, 1], counts[2]);
    }

    private static Network Create(float[] weights)
    {
        Network network = Networks.Create("""[{ "type": "dense" }]""", new BinaryConnect(), (1, 1, 1), weights.Length);
        using var _ = no_grad();
        network.WeightModules.Single().Weight.copy_(tensor(weights, [weights.Length, 1, 1, 1]));
        return network;
    }
}
