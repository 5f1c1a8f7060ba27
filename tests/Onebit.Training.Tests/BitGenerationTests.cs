using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>A small diffusion model on bits.</summary>
public sealed class BitGenerationTests : TrainingTests
{
    private const int Size = 28 * 28;

    private const string Layers = """
        [
          { "type": "quantize" },
          { "type": "conv", "filters": 8, "kernel": 3, "padding": 1 }, { "type": "batchNorm" }, { "type": "condition" },
          { "type": "activation" },
          { "type": "conv", "filters": 1, "kernel": 3, "padding": 1 }, { "type": "batchNorm" }
        ]
        """;

    [Theory]
    [InlineData("float32", null)]
    [InlineData("binaryconnect", 0.9)]
    [InlineData("binarynet", null)]
    public void Every_kind_of_weights_lowers_the_bound_and_draws_the_same_bits_everywhere(string method, double? emaDecay)
    {
        Experiment experiment = Bits(method) with { EmaDecay = emaDecay };
        double untrained = Untrained(experiment);
        var result = (BitGenerationResult)
            new Trainer(experiment, s_mnist, 1, _folder.File("run-seed1")).Run(TestContext.Current.CancellationToken);
        Assert.Equal(1, result.InputBits);
        Assert.Equal([20, 10], result.Bounds.Select(b => b.Steps));
        // Coin tosses have 784 ln 2 = 543 nats. More steps give a better bound.
        Assert.InRange(result.Bounds[0].Bound, 60, Math.Min(untrained, 543) * 0.8);
        Assert.True(result.Bounds[1].Bound > result.Bounds[0].Bound);
        Assert.All(result.Bounds, b => Assert.InRange(b.BoundStandardError, 0.1, 10));
        Assert.InRange(result.ValidationBound, result.Bounds[0].Bound * 0.85, result.Bounds[0].Bound * 1.15);
        Assert.True(result.Curves["validationBound"][^1] < untrained);

        Assert.Equal(method != "float32", result.Packed);
        if (result.Packed)
        {
            RequireSameBits(BitModel.Load(_folder.File("run-seed1/" + RunFolder.ModelFile)));
        }

        var read = (BitGenerationResult)RunFolder.Load(_folder.File("run-seed1"))!;
        Assert.Equal(result.Bounds, read.Bounds);
        Assert.Null(read.FindMistake(s_mnist));
        Assert.Contains("impossible", (read with { Bounds = [] }).FindMistake(s_mnist), StringComparison.Ordinal);

        ImageSet drawn = RunSamples.Draw(_folder.File("run-seed1"), s_mnist, [0, 0], firstSeed: 3, steps: 5);
        Assert.All(drawn.Pixels.ToArray(), p => Assert.True(p is 0 or 255));
        Assert.InRange(drawn.Pixels.ToArray().Count(p => p == 255), 1, 2 * Size - 1);
    }

    [Fact]
    public void A_run_that_was_killed_ends_with_the_numbers_of_an_undisturbed_one()
    {
        Experiment experiment = Bits("binarynet") with { Epochs = 3 };
        RunResult whole = new Trainer(experiment, s_mnist, 1, _folder.File("whole")).Run(TestContext.Current.CancellationToken);
        Kill(experiment, _folder.File("killed"), step: 15);
        RunResult resumed = new Trainer(experiment, s_mnist, 1, _folder.File("killed")).Run(TestContext.Current.CancellationToken);
        Assert.Equal(((BitGenerationResult)whole).Bounds, ((BitGenerationResult)resumed).Bounds);
    }

    [Fact]
    public void A_student_learns_from_a_teacher_of_its_own_kind()
    {
        new Trainer(Bits("float32"), s_mnist, 1, _folder.File("teacher-seed1")).Run(TestContext.Current.CancellationToken);
        Experiment student = Bits("binarynet") with { Distillation = new DistillationSpec(["teacher"], Weight: 1), Epochs = 2 };
        RunResult taught = new Trainer(student, s_mnist, 1, _folder.File("taught")).Run(TestContext.Current.CancellationToken);
        RunResult alone = new Trainer(student with { Distillation = null }, s_mnist, 1, _folder.File("alone")).Run(
            TestContext.Current.CancellationToken
        );
        // A teacher's probabilities hold less than the bits themselves.
        Assert.True(taught.Curves.TrainLoss[^1] < alone.Curves.TrainLoss[^1]);

        Experiment wrong = student with { Generation = new GenerationSpec() };
        Assert.Contains(
            "as its student does",
            Assert
                .Throws<ExperimentException>(() =>
                    new Trainer(wrong, s_mnist, 1, _folder.File("wrong")).Run(TestContext.Current.CancellationToken)
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3 << 10)]
    [InlineData(-2 << 10)]
    public void Where_pixels_are_independent_the_bound_is_the_likelihood(int output)
    {
        // A model of pixels that are all 1 with one probability. Its steps are exactly those of such images, so the bound has no gap.
        ModelInput input = new(1, 28, 28, 1, 0)
        {
            Diffusion = new DiffusionInput(new GenerationSpec(Pixels: GeneratedPixels.Bits).Schedule, 1),
        };
        var model = new BitModel(input, [new Slice(0, 0, input.Shape), new Requantize(1, new[] { 0 }, new[] { (long)output }, 0, 16)]);
        double one = Math.Round(65536 / (1 + Math.Exp(-(output + 32) / 1024.0))) / 65536;
        byte[] pixels = new byte[60 * Size];
        pixels.AsSpan(0, pixels.Length / 2).Fill(255); // Half of the images are white.
        double expected = -Size * (Math.Log(one) + Math.Log(1 - one)) / 2;
        using var packed = new TorchBitModel(model);
        Experiment experiment = Bits("binarynet");
        var task = new BitGeneration(experiment, DataSplit.Of(experiment, s_mnist), []);
        using var scope = NewDisposeScope();
        // Black images and white ones apart, whose noise alone differs.
        LikelihoodBound[][] halves =
        [
            .. new[] { 0, 30 }.Select(start =>
                task.Bounds(BitDenoiser.Of(packed), new ImageSet(pixels, new byte[60], 1, 28, 28).Slice(start, 30))
            ),
        ];
        foreach ((LikelihoodBound white, LikelihoodBound black) in halves[0].Zip(halves[1]))
        {
            double error = Math.Sqrt(
                white.BoundStandardError * white.BoundStandardError + black.BoundStandardError * black.BoundStandardError
            );
            Assert.Equal(expected, (white.Bound + black.Bound) / 2, 2 * error + 0.05);
            Assert.True(error < 0.02 * expected);
        }
    }

    [Fact]
    public void Floating_point_and_integers_take_the_same_steps()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using Network network = NetworkFactory.Create(Bits("binarynet"), s_mnist);
        network.eval();
        using var packed = new TorchBitModel(Packer.Pack(network));
        BitDenoiser floats = BitDenoiser.Of(network),
            integers = BitDenoiser.Of(packed);
        Tensor noisy = randn(20, 1, 28, 28).sign(),
            from = arange(20) + 1;
        foreach (Tensor to in new[] { from - 1, zeros_like(from) })
        {
            Tensor expected = floats.Step(noisy, from, to, floats.Predict(noisy, from)),
                got = integers.Step(noisy, from, to, integers.Predict(noisy, from));
            // An entry of the table is of a sixteenth of a logit.
            Assert.InRange((expected - got).abs().max().item<double>(), 0, 0.02);
            Assert.True(got.gt(0).all().item<bool>() && got.lt(1).all().item<bool>());
        }
    }

    [Fact]
    public void Options_of_classes_are_refused()
    {
        foreach (
            GenerationSpec wrong in new GenerationSpec[]
            {
                new(ClassDropout: 0.1, Pixels: GeneratedPixels.Bits),
                new(Levels: 201, Pixels: GeneratedPixels.Bits),
            }
        )
        {
            Experiment experiment = Bits("float32") with { Generation = wrong };
            Assert.Contains("a generation of bits", Assert.Throws<ExperimentException>(experiment.Check).Message, StringComparison.Ordinal);
        }

        var most = new GenerationSpec(Levels: 200, Pixels: GeneratedPixels.Bits);
        (Bits("float32") with { Generation = most }).Check();
        int[] signal = most.Schedule.Signal.ToArray();
        Assert.All(signal.Zip(signal.Skip(1)), s => Assert.True(s.Second < s.First));
    }

    [Theory]
    [InlineData("bits-binaryconnect")]
    [InlineData("bits-binarynet")]
    public void The_U_Net_is_packed_and_draws_the_same_bits_everywhere(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        Experiment experiment = ExperimentFile.Load(Path.Combine(Repository.Root, $"experiments/generation/{name}.json"));
        Assert.Null(NetworkPlan.Of(experiment, s_mnist).Obstacle);
        using Network network = NetworkFactory.Create(experiment, s_mnist);
        Assert.Equal("signs", network.Metadata["pixels"]);
        Assert.DoesNotContain("pixelThreshold", network.Metadata.Keys);
        using var _ = no_grad();
        foreach (BatchNormModule module in network.BatchNormModules)
        {
            module.Momentum = 1;
        }

        network.Denoise(randn(40, 1, 28, 28).sign(), arange(40) % 20 + 1, zeros(40, ScalarType.Int64));
        network.eval();
        BitModel model = Packer.Pack(network);
        Assert.Equal((1, 1), (model.Input.Bits, model.ClassCount));
        Assert.InRange(model.ToBytes().Length, 20_000, 65_536);
        RequireSameBits(model);
    }

    /// <summary>The torch form, the reference interpreter and the kernels draw the same bits.</summary>
    private static void RequireSameBits(BitModel model)
    {
        using var scope = NewDisposeScope();
        using var torchForm = new TorchBitModel(model);
        var generator = new Onebit.Generator(model);
        long[] seeds = [1, 2, -3, long.MaxValue];
        byte[] drawn = Sampler.Sample(torchForm, seeds, new int[seeds.Length], 4).data<byte>().ToArray();
        for (int i = 0; i < seeds.Length; i++)
        {
            byte[] pixels = new byte[Size],
                reference = new byte[Size];
            generator.Generate(0, seeds[i], pixels, 4);
            ReferenceInterpreter.Generate(model, 0, seeds[i], reference, 4);
            Assert.Equal(pixels, reference);
            Assert.Equal(pixels, drawn.AsSpan(i * Size, Size));
        }
    }

    private static double Untrained(Experiment experiment)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = NetworkFactory.Create(experiment, s_mnist);
        using ITask task = KnownTasks.Create(experiment, DataSplit.Of(experiment, s_mnist), s_mnist, []);
        return task.Validate(network)[0].Value;
    }

    private static Experiment Bits(string method) =>
        Small(method) with
        {
            Name = "bits",
            Network = Spec(Layers),
            Generation = new GenerationSpec(Pixels: GeneratedPixels.Bits),
            Epochs = 8,
            BatchSize = 50,
        };
}
