using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Runs that need another run: teachers and weights to start from.</summary>
public sealed class ParentRunTests : TrainingTests
{
    [Fact]
    public void The_first_of_two_stages_keeps_its_weights_real_and_the_second_starts_from_them()
    {
        Experiment first = Small("binarynet") with { Name = "first", WeightBits = 32, Epochs = 12, BatchSize = 50 };
        ClassificationResult stage = Run(first, _folder.File("first-seed1"));
        Assert.Equal((32, 1, 0), (stage.WeightBits, stage.ActivationBits, stage.BinaryParameters));
        Assert.Equal(
            "layer 1 (dense): its weights stay float32",
            Assert.Throws<PackingException>(() => Packer.Pack(NetworkFactory.Create(first, s_mnist))).Message
        );
        Assert.False(File.Exists(_folder.File("first-seed1/" + RunFolder.ModelFile)));

        // Steps too small to move anything: the second stage's weights are the first one's, as signs.
        Experiment second = Small("binarynet") with
        {
            InitializeFrom = "first",
            Epochs = 1,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e-12),
        };
        ClassificationResult result = Run(second, _folder.File("second-seed1"));
        Assert.True(result.Packed);
        using var scope = NewDisposeScope();
        Tensor[] Weights(string run) =>
            [
                .. SafeTensors
                    .Load(_folder.File(run + "/" + RunFolder.WeightsFile))
                    .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                    .Select(t => t.Value),
            ];
        foreach ((Tensor before, Tensor after) in Weights("first-seed1").Zip(Weights("second-seed1")))
        {
            Assert.True(before.clamp(-1, 1).allclose(after, rtol: 0, atol: 1e-6));
        }

        Assert.True(result.Curves.TrainLoss[0] < Run(second with { InitializeFrom = null }, _folder.File("random")).Curves.TrainLoss[0]);
    }

    [Fact]
    public void A_bitwise_network_is_squeezed_first_and_signs_alone_at_last()
    {
        NetworkSpec network = Spec(
            """
            [
              { "type": "dense", "units": 24, "bias": true }, { "type": "activation" },
              { "type": "dense", "bias": true }, { "type": "scale", "by": 0.25 }
            ]
            """
        );
        Experiment first = Small("bitwise") with
        {
            Name = "first",
            Network = network,
            Pixels = PixelEncoding.Signs,
            WeightBits = 32,
            ActivationBits = 32,
            Epochs = 12,
            BatchSize = 50,
        };
        Run(first, _folder.File("first-seed1"));
        ClassificationResult result = Run(
            first with
            {
                Name = "second",
                WeightBits = null,
                ActivationBits = null,
                InitializeFrom = "first",
            },
            _folder.File("second-seed1")
        );
        Assert.True(result.Packed, result.NotPackedBecause);
        Assert.Equal((1, 1, 1), (result.InputBits, result.WeightBits, result.ActivationBits));
        Assert.Equal(result.UnfoldedTestAccuracy, result.TestAccuracy);
        Assert.InRange(result.TestAccuracy, 0.5, 1);
        // No float and no factor anywhere: what is scored are the sums and bits, for all classes alike.
        Scores scores = (Scores)BitModel.Load(_folder.File("second-seed1/" + RunFolder.ModelFile)).Operations[^1];
        Assert.All(scores.Multipliers.ToArray(), m => Assert.Equal(1, m));
        Assert.All(scores.Offsets.ToArray(), b => Assert.True(b is 1 or -1));
    }

    [Fact]
    public void A_run_that_another_one_needs_has_to_be_there_and_of_its_layers()
    {
        Experiment student = Small("binarynet") with { Distillation = new DistillationSpec(["teacher"]) };
        string folder = _folder.File("student");
        Assert.Equal(
            $"There is no finished run 'teacher': neither '{_folder.File("teacher-seed1")}' nor '{_folder.File("teacher")}' holds one; "
                + "train that experiment first.",
            Assert.Throws<ExperimentException>(() => Run(student, folder)).Message
        );
        Run(Small("float32") with { Network = Spec("""[{ "type": "dense" }]""") }, _folder.File("teacher"));
        Assert.Equal(3, Run(student, folder).Epochs); // A teacher may have any layers.
        Assert.Equal(
            $"The run in '{_folder.File("teacher")}' has other layers: its 'layers.0.weight' is missing or has another shape.",
            Assert
                .Throws<ExperimentException>(() => Run(Small("binarynet") with { InitializeFrom = "teacher" }, _folder.File("other")))
                .Message
        );
        Assert.Equal(
            $"The run in '{_folder.File("teacher")}' was trained on other images than slice; train it on these.",
            Assert
                .Throws<ExperimentException>(() =>
                    new Trainer(student, Other(), 1, _folder.File("slice")).Run(TestContext.Current.CancellationToken)
                )
                .Message
        );
        File.WriteAllText(_folder.File("teacher/" + RunFolder.WeightsFile), "none");
        Assert.Equal(
            $"The weights '{_folder.File("teacher/" + RunFolder.WeightsFile)}' cannot be read; train that run again.",
            Assert.Throws<ExperimentException>(() => Run(student, _folder.File("again"))).Message
        );
    }

    private static Dataset Other() => new("slice", s_mnist.Train.Slice(0, 100), s_mnist.Test);

    [Fact]
    public void A_teacher_leaves_the_pixels_as_they_are()
    {
        using var scope = NewDisposeScope();
        foreach (PixelEncoding encoding in Enum.GetValues<PixelEncoding>())
        {
            using var network = new Network(
                Spec("""[{ "type": "dense" }]"""),
                new Float32(),
                new Shape(1, 1, 3),
                2,
                encoding,
                pixelStatistics: (100, 50)
            );
            Tensor augmented = tensor(new float[] { 0, 100, 255 }, [1, 1, 1, 3]);
            network.Prepare(augmented);
            Assert.Equal([0, 100, 255], augmented.flatten().data<float>().ToArray());
        }
    }
}
