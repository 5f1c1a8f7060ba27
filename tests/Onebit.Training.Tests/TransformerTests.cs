namespace Onebit.Training.Tests;

/// <summary>A small Transformer in the three steps of the method bit, each taught by the one before.</summary>
public sealed class TransformerTests : TrainingTests
{
    private const string Layers = """
        [
          { "type": "conv", "filters": 8, "kernel": 7, "stride": 7 }, { "type": "batchNorm" }, { "type": "positionalEmbedding" },
          {
            "type": "repeat", "name": "block", "times": 2,
            "layers": [
              { "type": "identity", "name": "x" }, { "type": "batchNorm" }, { "type": "quantize", "name": "n" },
              { "type": "conv", "filters": 8, "kernel": 1, "from": "n" }, { "type": "batchNorm" }, { "type": "quantize", "name": "q" },
              { "type": "conv", "filters": 8, "kernel": 1, "from": "n" }, { "type": "batchNorm" }, { "type": "quantize", "name": "k" },
              { "type": "conv", "filters": 8, "kernel": 1, "from": "n" }, { "type": "batchNorm" }, { "type": "quantize", "name": "v" },
              { "type": "attention", "heads": 2, "from": ["q", "k", "v"] }, { "type": "batchNorm", "name": "a" },
              { "type": "add", "from": ["a", "x"], "name": "out" }
            ]
          },
          { "type": "batchNorm" }, { "type": "quantize" }, { "type": "conv", "filters": 10, "kernel": 1 }, { "type": "averagePool" },
          { "type": "batchNorm" }
        ]
        """;

    [Fact]
    public void Each_step_learns_from_the_one_before_and_the_last_is_packed_exactly()
    {
        Experiment real = Small("float32") with { Name = "real", Network = Spec(Layers), Epochs = 2, BatchSize = 50 };
        Run(real, _folder.File("real-seed1"));
        Experiment few = Student(real, "few", "real") with { ActivationBits = 2 };
        ClassificationResult step = Run(few, _folder.File("few-seed1"));
        Assert.False(step.Packed);
        Assert.Contains("use activations of 1 or 8 bits", step.NotPackedBecause, StringComparison.Ordinal);

        ClassificationResult one = Run(Student(real, "one", "few"), _folder.File("one-seed1"));
        Assert.True(one.Packed);
        RequireSameIntegers(one, "one-seed1");
        // Its teacher makes a difference.
        ClassificationResult alone = Run(Student(real, "alone", "few") with { Distillation = null }, _folder.File("alone-seed1"));
        Assert.NotEqual(alone.Curves.TrainLoss[0], one.Curves.TrainLoss[0]);

        // A parent that is trained again is another one.
        string weights = _folder.File("few-seed1/" + RunFolder.WeightsFile);
        byte[] before = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, [.. before.SkipLast(1), (byte)(before[^1] ^ 1)]);
        Experiment student = Student(real, "one", "few");
        Assert.Contains(
            "comes from 'few', which was trained again since",
            Assert.Throws<ExperimentException>(() => Run(student, _folder.File("one-seed1"))).Message,
            StringComparison.Ordinal
        );
        File.WriteAllBytes(weights, before);
        Assert.Equal(one.TestPredictions, Run(student, _folder.File("one-seed1")).TestPredictions);

        foreach (string folder in new[] { "real-seed1", "one-seed1" })
        {
            AttentionMap[][] maps = AttentionMaps.Of(_folder.File(folder), s_mnist, s_mnist.Test.Slice(0, 3));
            Assert.Equal(3, maps.Length);
            Assert.All(maps, layers => Assert.Equal(2, layers.Length));
            Assert.All(maps.SelectMany(m => m), map => Assert.Equal((4, 4, 16), (map.Height, map.Width, map.Shares.Count)));
            Assert.All(maps.SelectMany(m => m).SelectMany(m => m.Shares), share => Assert.InRange(share, 0, 1));
            Assert.Contains(maps[0][0].Shares, share => share == 1);
            Assert.Contains(maps[0][0].Shares, share => share < 1);
        }

        File.Delete(_folder.File("one-seed1/" + RunFolder.WeightsFile));
        Assert.Empty(AttentionMaps.Of(_folder.File("one-seed1"), s_mnist, s_mnist.Test));
    }

    [Fact]
    public void Weights_of_one_bit_with_attention_of_8_bits_are_packed_exactly()
    {
        Experiment experiment = Small("binaryconnect") with { Network = Spec(Layers), Epochs = 2, BatchSize = 50 };
        ClassificationResult run = Run(experiment, _folder.File("bytes-seed1"));
        Assert.True(run.Packed);
        RequireSameIntegers(run, "bytes-seed1");
        // Rounding in the softmax and the mean moves few predictions.
        Assert.Equal(run.UnfoldedTestAccuracy, run.TestAccuracy, 0.03);
    }

    private static Experiment Student(Experiment teacher, string name, string parent) =>
        teacher with
        {
            Name = name,
            Method = new Bit(),
            InitializeFrom = parent,
            Distillation = new DistillationSpec([parent], Temperature: 1, Weight: 0.9, Layers: ["block/0/out", "block/1/out"]),
        };

    /// <summary>The runtime gives the classes that the torch form gave when the run ended.</summary>
    private void RequireSameIntegers(ClassificationResult run, string folder)
    {
        BitModel model = BitModel.Load(_folder.File(folder + "/" + RunFolder.ModelFile));
        var images = s_mnist.Test;
        int[] classes = new int[images.Count];
        model.PredictBatch(images.Pixels.Span, classes);
        Assert.Equal(run.TestPredictions.Select(c => (int)c), classes);
    }
}
