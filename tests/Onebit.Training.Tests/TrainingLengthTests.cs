using Onebit.Datasets;

namespace Onebit.Training.Tests;

/// <summary>How long recipes train on sets smaller than the one they were made for.</summary>
public class TrainingLengthTests
{
    [Theory]
    [InlineData(60_000, 3, 3)] // As large as MNIST: what the recipe says.
    [InlineData(1_200, 3, 162)] // 3 x 430 steps there, 8 an epoch here.
    [InlineData(1_200, 40, 250)] // No more than 2,000 steps.
    [InlineData(60, 40, 300)] // No more than 300 epochs.
    [InlineData(1_200, 400, 400)] // Never fewer.
    public void A_small_set_gets_as_many_steps_as_the_recipe_has_on_a_large_one(int images, int epochs, int expected) =>
        Assert.Equal(expected, TrainingLength.Resolve(Recipe(epochs), Data(images)).Epochs);

    [Fact]
    public void What_counts_in_epochs_keeps_its_share()
    {
        Experiment recipe = Recipe(3) with
        {
            Schedule = new ScheduleSpec(ScheduleType.Exponential, 0.5),
            Augmentation = new AugmentationSpec(Rotation: 5, Epochs: 2),
        };
        Experiment resolved = TrainingLength.Resolve(recipe, Data(1_200));
        Assert.Equal(Math.Pow(0.5, 3), Math.Pow(resolved.Schedule!.Factor, resolved.Epochs), 1e-9);
        Assert.Equal(108, resolved.Augmentation!.Epochs);
        Assert.Equal(4, TrainingLength.Resolve(recipe, Data(60_000), 6).Augmentation!.Epochs);
        Assert.NotEqual(recipe.ToCanonicalJson(), resolved.ToCanonicalJson());
        Assert.Contains("162 instead of 3", TrainingLength.Describe([(recipe, resolved)]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_user_and_an_experiment_of_that_set_have_the_last_word()
    {
        Assert.Equal(7, TrainingLength.Resolve(Recipe(3), Data(1_200), 7).Epochs);
        Experiment own = Recipe(3) with { Data = "some" };
        Assert.Equal(3, TrainingLength.Resolve(own, Data(1_200)).Epochs);
        Assert.Null(TrainingLength.Describe([(own, own)]));
    }

    [Fact]
    public void A_run_of_few_steps_or_one_that_still_gets_better_is_named()
    {
        Assert.Empty(ShortTraining.Warnings(Run(2_000, 0.9, 0.95, 0.951)));
        Assert.Contains("are 27 steps", Assert.Single(ShortTraining.Warnings(Run(27, 0.9, 0.95, 0.95))), StringComparison.Ordinal);
        Assert.Contains("by 4.00 points", Assert.Single(ShortTraining.Warnings(Run(2_000, 0.8, 0.91, 0.95))), StringComparison.Ordinal);
    }

    private static Experiment Recipe(int epochs) =>
        new()
        {
            Name = "recipe",
            Network = new NetworkSpec("logistic", [new DenseLayer()]),
            Method = new Float32(),
            Epochs = epochs,
            BatchSize = 128,
            Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.01),
        };

    private static Dataset Data(int images) => new("some", Images(images), Images(2));

    private static ImageSet Images(int count) =>
        new(new byte[count], Enumerable.Range(0, count).Select(i => (byte)(i % 2)).ToArray(), 1, 1, 1);

    private static RunResult Run(long steps, params List<double> accuracies) =>
        new()
        {
            Experiment = "recipe",
            Fingerprint = "",
            Seed = 1,
            InputBits = 32,
            WeightBits = 32,
            ActivationBits = 32,
            Parameters = 1,
            BinaryParameters = 0,
            MultiplyAccumulates = 1,
            Packed = false,
            ModelBytes = 1,
            TrainImages = 1_000,
            ValidationImages = 1_000,
            Epochs = accuracies.Count,
            Steps = steps,
            TrainSeconds = 1,
            TrainProcessorSeconds = 1,
            TrainingModelBytes = 1,
            PeakTrainingBytes = 1,
            Curves = ClassificationCurves.Of(accuracies, accuracies, accuracies),
        };
}
