using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>A small diffusion model.</summary>
public sealed class GenerationTests : TrainingTests
{
    private const string Layers = """
        [
          { "type": "quantize" },
          { "type": "conv", "filters": 8, "kernel": 3, "stride": 2, "padding": 1 }, { "type": "batchNorm" }, { "type": "condition" },
          { "type": "activation" }, { "type": "upsample" },
          { "type": "conv", "filters": 1, "kernel": 3, "padding": 1 }, { "type": "batchNorm" }
        ]
        """;

    [Theory]
    [InlineData("float32", null)]
    [InlineData("binaryconnect", 0.9)]
    [InlineData("binarynet", null)]
    public void Every_kind_of_weights_learns_to_remove_noise(string method, double? emaDecay)
    {
        Experiment experiment = Denoiser(method) with { EmaDecay = emaDecay };
        var result = (GenerationResult)
            new Trainer(experiment, s_mnist, 1, _folder.File("run-seed1")).Run(TestContext.Current.CancellationToken);
        Assert.True(result.Curves["validationLoss"][^1] < result.Curves["validationLoss"][0]);
        Assert.Equal(20, result.DenoisingErrors.Length);
        // The more noise, the larger the error.
        Assert.True(result.DenoisingErrors[^1] > result.DenoisingErrors[4]);

        Assert.Equal(method != "float32", result.Packed);
        if (result.Packed)
        {
            RequireSamePixels(BitModel.Load(_folder.File("run-seed1/" + RunFolder.ModelFile)));
        }

        var read = (GenerationResult)RunFolder.Load(_folder.File("run-seed1"))!;
        Assert.Equal(result.DenoisingErrors, read.DenoisingErrors);
        Assert.Null(read.FindMistake(s_mnist));
        Assert.Contains("impossible", (read with { DenoisingErrors = [] }).FindMistake(s_mnist), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_killed_ends_with_the_numbers_of_an_undisturbed_one()
    {
        Experiment experiment = Denoiser("binaryconnect");
        RunResult whole = new Trainer(experiment, s_mnist, 1, _folder.File("whole")).Run(TestContext.Current.CancellationToken);
        Kill(experiment, _folder.File("killed"), step: 15);
        RunResult resumed = new Trainer(experiment, s_mnist, 1, _folder.File("killed")).Run(TestContext.Current.CancellationToken);
        Assert.Equal(((GenerationResult)whole).DenoisingErrors, ((GenerationResult)resumed).DenoisingErrors);
    }

    [Fact]
    public void Images_fewer_than_levels_are_seen_at_every_level()
    {
        ImageSet images = s_mnist.Train;
        var few = new Dataset("few", images.Slice(0, 40), images.Slice(40, 3));
        var result = (GenerationResult)
            new Trainer(Denoiser("float32") with { Epochs = 1 }, few, 1, _folder.Path).Run(TestContext.Current.CancellationToken);
        Assert.All(result.DenoisingErrors, e => Assert.True(e > 0));
    }

    [Fact]
    public void A_student_learns_from_its_teacher()
    {
        new Trainer(Denoiser("float32"), s_mnist, 1, _folder.File("teacher-seed1")).Run(TestContext.Current.CancellationToken);
        Experiment student = Denoiser("binaryconnect") with { Distillation = new DistillationSpec(["teacher"], Weight: 1) };
        RunResult taught = new Trainer(student, s_mnist, 1, _folder.File("taught")).Run(TestContext.Current.CancellationToken);
        RunResult alone = new Trainer(student with { Distillation = null }, s_mnist, 1, _folder.File("alone")).Run(
            TestContext.Current.CancellationToken
        );
        // What a teacher predicts has less detail than the image.
        Assert.True(taught.Curves.TrainLoss[^1] < alone.Curves.TrainLoss[^1]);
    }

    [Fact]
    public void Guidance_needs_a_teacher_that_learned_without_classes_and_changes_what_is_learned()
    {
        Experiment teacher = Denoiser("float32") with { Generation = new GenerationSpec(ClassDropout: 0.2) };
        new Trainer(teacher, s_mnist, 1, _folder.File("teacher-seed1")).Run(TestContext.Current.CancellationToken);
        new Trainer(Denoiser("float32"), s_mnist, 1, _folder.File("told-seed1")).Run(TestContext.Current.CancellationToken);
        Experiment student = Denoiser("binaryconnect") with { Distillation = new DistillationSpec(["teacher"], Weight: 1), Epochs = 1 };
        double[] losses =
        [
            .. new[] { 0.0, 1 }.Select(guidance =>
                new Trainer(
                    student with
                    {
                        Generation = new GenerationSpec(Guidance: guidance),
                    },
                    s_mnist,
                    1,
                    _folder.File($"student-{guidance}")
                )
                    .Run(TestContext.Current.CancellationToken)
                    .Curves.TrainLoss[0]
            ),
        ];
        Assert.NotEqual(losses[0], losses[1]);

        // The teacher told no class is another function, and its packed form has the classes alone.
        using var scope = NewDisposeScope();
        using Network network = ParentRun.Load(_folder.File("teacher-seed1"), s_mnist);
        Tensor noisy = randn(2, 1, 28, 28),
            levels = tensor(new long[] { 20, 20 });
        Assert.False(
            Same(network.Denoise(noisy, levels, tensor(new long[] { 3, 3 })), network.Denoise(noisy, levels, tensor(new long[] { 10, 10 })))
        );
        using Network packed = NetworkFactory.Create(
            Denoiser("binaryconnect") with
            {
                Generation = new GenerationSpec(ClassDropout: 0.2),
            },
            s_mnist
        );
        packed.eval();
        RequireSamePixels(Packer.Pack(packed, s_mnist.ClassNames));

        ExperimentException refused = Assert.Throws<ExperimentException>(() =>
            new Trainer(
                student with
                {
                    Generation = new GenerationSpec(Guidance: 1),
                    Distillation = new DistillationSpec(["told"]),
                },
                s_mnist,
                1,
                _folder.File("refused")
            ).Run(TestContext.Current.CancellationToken)
        );
        Assert.Equal("Guidance needs teachers that were trained with a classDropout.", refused.Message);
    }

    [Fact]
    public void The_sampler_gives_the_same_images_for_the_same_seeds_and_others_for_another_class()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using Network network = NetworkFactory.Create(Denoiser("float32"), s_mnist);
        network.eval();
        long[] seeds = [5, 6];
        Tensor images = Sampler.Sample(network, seeds, [3, 8], 5);
        Assert.Equal([2, 1, 28, 28], images.shape);
        Assert.True(images.abs().max().item<float>() <= 1);
        Assert.True(Same(images, Sampler.Sample(network, seeds, [3, 8], 5)));
        Assert.False(Same(images, Sampler.Sample(network, seeds, [8, 3], 5)));
        // With one step, the image is what the network predicts from noise alone.
        int[] noise = new int[28 * 28];
        Onebit.Generator.FillNoise(6, 0, noise);
        Tensor classes = tensor(new[] { 8L });
        Tensor predicted = network.Denoise(tensor(noise, [1, 1, 28, 28]) / 4096f, full_like(classes, 20), classes).clamp(-1, 1);
        Assert.True(predicted.allclose(Sampler.Sample(network, seeds, [3, 8], 1).narrow(0, 1, 1), atol: 1e-5));
    }

    [Fact]
    public void A_condition_needs_a_diffusion_model_and_a_diffusion_model_gives_images()
    {
        ExperimentException condition = Assert.Throws<ExperimentException>(() =>
            NetworkFactory.Create(Denoiser("float32") with { Generation = null }, s_mnist)
        );
        Assert.Contains("give the experiment a 'generation'", condition.Message, StringComparison.Ordinal);
        ExperimentException end = Assert.Throws<ExperimentException>(() =>
            NetworkFactory.Create(Small("float32") with { Generation = new GenerationSpec() }, s_mnist)
        );
        Assert.Contains("a diffusion model gives images of 1 x 28 x 28", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_a_diffusion_model_has_no_use_for_are_refused()
    {
        Experiment experiment = Denoiser("float32");
        experiment.Check();
        foreach (
            Experiment wrong in new[]
            {
                experiment with
                {
                    Pixels = PixelEncoding.Unit,
                },
                experiment with
                {
                    Loss = LossType.SquaredHinge,
                },
                experiment with
                {
                    Distillation = new DistillationSpec(["teacher"], Temperature: 1),
                },
                experiment with
                {
                    Distillation = new DistillationSpec(["teacher"], Layers: ["0"]),
                },
            }
        )
        {
            Assert.Contains("leave out", Assert.Throws<ExperimentException>(wrong.Check).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("binaryconnect")]
    [InlineData("binarynet")]
    [InlineData("xnor")]
    public void The_U_Net_is_packed_and_draws_the_same_pixels_everywhere(string method)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        Experiment experiment = ExperimentFile.Load(Path.Combine(Repository.Root, "experiments/generation/float32.json")) with
        {
            Method = Method.Named(method),
        };
        using Network network = NetworkFactory.Create(experiment, s_mnist);
        using var _ = no_grad();
        foreach (BatchNormModule module in network.BatchNormModules)
        {
            module.Momentum = 1;
        }

        network.Denoise(randn(40, 1, 28, 28), arange(40) % 20 + 1, arange(40) % 10);
        network.eval();
        BitModel model = Packer.Pack(network, s_mnist.ClassNames);
        Assert.InRange(model.ToBytes().Length, 20_000, 65_536);
        RequireSamePixels(model);

        // Packing follows the network. Padding, rounding of folded scales and of the state move a code here and there.
        Tensor noisy = randn(4, 1, 28, 28),
            levels = tensor(new long[] { 1, 7, 15, 20 }),
            classes = tensor(new long[] { 0, 3, 6, 9 });
        using var packed = new TorchBitModel(model);
        Tensor expected = network.Denoise(noisy, levels, classes),
            got = packed.Denoise(noisy, levels, classes);
        double error = (expected - got).abs().mean().item<float>() / expected.std().item<float>();
        Assert.InRange(error, 0, 0.15);
    }

    /// <summary>The torch form, the reference interpreter and the kernels draw the same pixels.</summary>
    private static void RequireSamePixels(BitModel model)
    {
        using var scope = NewDisposeScope();
        using var torchForm = new TorchBitModel(model);
        var generator = new Onebit.Generator(model);
        long[] seeds = [1, 2, -3, long.MaxValue];
        int[] classes = [0, 5, 9, 3];
        byte[] drawn = Sampler.Sample(torchForm, seeds, classes, 3).data<byte>().ToArray();
        for (int i = 0; i < seeds.Length; i++)
        {
            byte[] pixels = new byte[28 * 28],
                reference = new byte[28 * 28];
            generator.Generate(classes[i], seeds[i], pixels, 3);
            ReferenceInterpreter.Generate(model, classes[i], seeds[i], reference, 3);
            Assert.Equal(pixels, reference);
            Assert.Equal(pixels, drawn.AsSpan(i * pixels.Length, pixels.Length));
        }
    }

    private static bool Same(Tensor a, Tensor b) => a.eq(b).all().item<bool>();

    private static Experiment Denoiser(string method) =>
        Small(method) with
        {
            Name = "denoiser",
            Network = Spec(Layers),
            Generation = new GenerationSpec(),
            Epochs = 3,
            BatchSize = 50,
        };
}
