using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Rates and bounds of weights.</summary>
public sealed class OptimizerRateTests : TrainingTests
{
    [Theory]
    [InlineData(OptimizerType.Bop, false)]
    [InlineData(OptimizerType.Adam, true)]
    public void All_parameters_of_a_network_may_be_weights_of_rates_of_their_own(OptimizerType type, bool glorotRates)
    {
        Experiment experiment = Small("binarynet") with
        {
            Network = Spec("""[{ "type": "dense" }, { "type": "scale", "by": 0.1 }]"""),
            Pixels = PixelEncoding.Bits,
        };
        ClassificationResult result = Run(
            experiment with
            {
                Epochs = 12,
                BatchSize = 50,
                Optimizer = new OptimizerSpec(type, 0.01, GlorotRates: glorotRates),
            },
            _folder.Path
        );
        Assert.True(result.Packed, result.NotPackedBecause);
        Assert.InRange(result.TestAccuracy, 0.5, 1);
    }

    [Fact]
    public void With_descent_Glorot_rates_are_one_over_the_square_of_the_initial_size_that_Glorot_gives()
    {
        // One step of descent from the same start moves weights in proportion to their rates: (784 + 10) / 1.5 = 529.33.
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense", "bias": true }]"""),
            Epochs = 1,
            BatchSize = 500,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.01),
        };
        Run(experiment, _folder.File("plain"));
        Run(experiment with { Optimizer = experiment.Optimizer with { GlorotRates = true } }, _folder.File("scaled"));
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network start = NetworkFactory.Create(experiment, s_mnist);
        Tensor Moved(string run, string name, Tensor from) =>
            SafeTensors.Load(_folder.File(run + "/" + RunFolder.WeightsFile)).Tensors["layers.0." + name] - from;
        WeightModule layer = start.WeightModules.Single();
        Assert.True(
            Moved("scaled", "weight", layer.Weight).allclose(Moved("plain", "weight", layer.Weight) * 529.33, rtol: 1e-3, atol: 1e-3)
        );
        Assert.True(Moved("scaled", "bias", layer.Bias!).allclose(Moved("plain", "bias", layer.Bias!), rtol: 0, atol: 1e-6));
    }

    [Fact]
    public void With_Adam_Glorot_rates_are_one_over_the_initial_size_that_Glorot_gives()
    {
        Experiment experiment = Small("binaryconnect") with { Network = Spec("""[{ "type": "dense" }, { "type": "scale", "by": 0.1 }]""") };
        ClassificationResult expected = Run(
            experiment with
            {
                Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.0001 * Math.Sqrt((784 + 10) / 1.5)),
            },
            _folder.File("plain")
        );
        ClassificationResult actual = Run(
            experiment with
            {
                Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.0001, GlorotRates: true),
            },
            _folder.File("scaled")
        );
        Assert.NotEqual(expected.Curves.TrainLoss[0], expected.Curves.TrainLoss[^1]);
        Assert.All(expected.Curves.TrainLoss.Zip(actual.Curves.TrainLoss), l => Assert.Equal(l.First, l.Second, 1e-6));
    }

    [Fact]
    public void Latent_weights_are_kept_from_minus_1_to_1_and_float_ones_are_not()
    {
        float[] Largest(string method)
        {
            string folder = _folder.File(method);
            Run(Small(method) with { Optimizer = new OptimizerSpec(OptimizerType.Adam, 1.5) }, folder);
            using var scope = NewDisposeScope();
            return
            [
                .. SafeTensors
                    .Load(Path.Combine(folder, RunFolder.WeightsFile))
                    .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                    .Select(t => t.Value.abs().max().ToSingle()),
            ];
        }

        Assert.Equal([1, 1], Largest("binaryconnect"));
        Assert.All(Largest("float32"), w => Assert.True(w > 1.1, w.ToString()));
    }
}
