using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Training itself.</summary>
public sealed class TrainerTests : TrainingTests
{
    [Fact]
    public void Regularization_needs_binarized_weights()
    {
        Experiment experiment = Small("binarynet") with { WeightBits = 32, WeightRegularization = new WeightRegularizationSpec(1) };
        Assert.Equal(
            "A weightRegularization is of binarized weights, and no layer has any; leave it out.",
            Assert.Throws<ExperimentException>(() => NetworkPlan.Of(experiment, s_mnist)).Message
        );
    }

    [Fact]
    public void Another_seed_gives_another_network()
    {
        ClassificationResult one = Run(Small("binaryconnect"), _folder.File("1")),
            two = Run(Small("binaryconnect"), _folder.File("2"), seed: 2);
        Assert.NotEqual(one.Curves.TrainLoss, two.Curves.TrainLoss);
        Assert.Equal((1, 2), (one.Seed, two.Seed));
    }

    [Theory]
    [InlineData("float32", PixelEncoding.Unit)]
    [InlineData("irnet", PixelEncoding.Bits)] // Its gradient tightens with the epochs.
    public void Descent_goes_down_the_gradient_of_the_training_images_at_the_scheduled_rate(string method, PixelEncoding encoding)
    {
        Experiment experiment = Small(method) with
        {
            Network = Spec("""[{ "type": "dense" }]"""),
            Pixels = encoding,
            Epochs = 3,
            BatchSize = 1000,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.25),
            Schedule = new ScheduleSpec(ScheduleType.Exponential, 0.5),
            ValidationImages = 100,
        };
        ClassificationResult result = Run(experiment, _folder.Path);
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = NetworkFactory.Create(experiment, s_mnist);
        Tensor weights = network.WeightModules.Single().Weight;
        Tensor pixels = network.Prepare(Evaluator.Pixels(s_mnist.Train)),
            labels = tensor(s_mnist.Train.Labels.ToArray(), ScalarType.Byte).to(ScalarType.Int64);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            network.Progress = epoch / 3.0;
            weights.grad?.zero_();
            Tensor loss = nn.functional.cross_entropy(network.forward(pixels), labels);
            loss.backward();
            Assert.Equal(loss.ToDouble(), result.Curves.TrainLoss[epoch], 1e-5);
            using var _ = no_grad();
            weights.sub_(weights.grad! * 0.25 * Math.Pow(0.5, epoch));
        }
        Tensor trained = SafeTensors.Load(_folder.File(RunFolder.WeightsFile)).Tensors.Values.Single();
        Assert.True(trained.allclose(weights, rtol: 0, atol: 1e-6));
    }

    [Fact]
    public void Weight_regularization_pushes_latent_weights_from_0_late_in_training()
    {
        Experiment plain = Small("binaryconnect"),
            regularized = plain with { WeightRegularization = new WeightRegularizationSpec(100, 0.5) };
        (double without, double[] withoutLosses) = Train(plain);
        (double with, double[] losses) = Train(regularized);
        Assert.True(with > without + 0.005, $"The mean |w| is {with}, and {without} without.");
        // It begins in the middle of the second of three epochs.
        Assert.Equal(withoutLosses[0], losses[0]);
        Assert.True(losses[1] > withoutLosses[1] + 1);
        Assert.True(losses[2] > losses[1] + 1);

        (double Size, double[] Losses) Train(Experiment experiment)
        {
            string folder = _folder.File(Guid.NewGuid().ToString("N"));
            ClassificationResult result = Run(experiment, folder);
            using var scope = NewDisposeScope();
            using Network network = ParentRun.Load(folder, s_mnist);
            return (network.WeightModules.Average(l => l.Weight.abs().mean().ToDouble()), [.. result.Curves.TrainLoss]);
        }
    }

    [Fact]
    public void An_epoch_sees_every_training_image_once()
    {
        // Steps too small to move anything, so that the mean over batches, the last one smaller, is that of all images.
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense" }]"""),
            Epochs = 2,
            BatchSize = 150,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e-12),
        };
        ClassificationResult result = Run(experiment, _folder.Path);
        manual_seed(1);
        using Network network = NetworkFactory.Create(experiment, s_mnist);
        double loss = Evaluator.Evaluate(network, s_mnist.Train).Loss;
        Assert.All(result.Curves.TrainLoss, l => Assert.Equal(loss, l, 1e-5));
        Assert.All(result.Curves.ValidationLoss, l => Assert.Equal(Evaluator.Evaluate(network, s_mnist.Validation).Loss, l, 1e-5));
    }

    [Fact]
    public void Augmentation_ends_with_its_epochs()
    {
        byte[] Weights(AugmentationSpec? augmentation)
        {
            string folder = _folder.File(Guid.NewGuid().ToString());
            Run(Small("binaryconnect") with { Augmentation = augmentation }, folder);
            return File.ReadAllBytes(Path.Combine(folder, RunFolder.WeightsFile));
        }

        AugmentationSpec always = new(Rotation: 20);
        byte[] none = Weights(null),
            one = Weights(always with { Epochs = 1 });
        Assert.Equal(none, Weights(always with { Epochs = 0 }));
        Assert.NotEqual(none, one);
        Assert.NotEqual(one, Weights(always));
        Assert.Equal(Weights(always), Weights(always with { Epochs = 3 }));
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run()
    {
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense", "bias": true }]"""),
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e38),
        };
        Assert.Equal(
            "The loss of 'small' is no longer a number in epoch 1; lower the optimizer's rate.",
            Assert.Throws<ExperimentException>(() => Run(experiment, _folder.Path)).Message
        );
    }

    [Fact]
    public void More_validation_images_than_there_are_images_are_refused() =>
        Assert.Equal(
            "'small' holds out 600 images of 600; set validationImages lower.",
            Assert
                .Throws<ExperimentException>(() => new Trainer(Small("float32") with { ValidationImages = 600 }, s_mnist, 1, _folder.Path))
                .Message
        );
}
