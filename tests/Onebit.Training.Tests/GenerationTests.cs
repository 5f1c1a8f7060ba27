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

    [Fact]
    public void Signal_and_noise_keep_the_variance_and_end_with_noise_alone()
    {
        var schedule = new NoiseSchedule(20);
        Assert.Equal(20, schedule.Levels);
        Assert.Equal((1, 0), (schedule.Signal[0], schedule.Noise[0]));
        Assert.Equal((0, 1), (Math.Round(schedule.Signal[20], 12), schedule.Noise[20]));
        Assert.Equal(Math.Sqrt(0.5), schedule.Signal[10], 12);
        Assert.All(
            Enumerable.Range(0, 21),
            l => Assert.Equal(1, schedule.Signal[l] * schedule.Signal[l] + schedule.Noise[l] * schedule.Noise[l], 12)
        );
        Assert.Equal([20, 16, 12, 8, 4], schedule.Visited(5));
        Assert.Equal([20], schedule.Visited(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Visited(21));
    }

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
    public void The_sampler_gives_the_same_images_for_the_same_noise_and_others_for_another_class()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using Network network = NetworkFactory.Create(Denoiser("float32"), s_mnist);
        network.eval();
        Tensor noise = randn(2, 1, 28, 28),
            classes = tensor(new long[] { 3, 8 });
        Tensor images = Sampler.Sample(network, noise, classes, 5);
        Assert.Equal([2, 1, 28, 28], images.shape);
        Assert.True(images.abs().max().item<float>() <= 1);
        Assert.True(Same(images, Sampler.Sample(network, noise, classes, 5)));
        Assert.False(Same(images, Sampler.Sample(network, noise, classes.flip(0), 5)));
        // With one step, the image is what the network predicts from noise alone.
        Tensor predicted = network.Denoise(noise, full_like(classes, 20), classes).clamp(-1, 1);
        Assert.True(Same(predicted, Sampler.Sample(network, noise, classes, 1)));
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
