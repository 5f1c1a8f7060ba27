using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>
/// How many epochs an experiment trains for on a data set. A recipe counts its epochs for the 55,000 images of MNIST. On a small set as
/// many epochs are too few steps. So a set of fewer than 60,000 training images gets as many steps as there, but no more than 2,000, in
/// at most 300 epochs. It never gets fewer epochs than the recipe says. A set that the experiment itself names gets what the recipe says.
/// </summary>
public static class TrainingLength
{
    private const int RecipeImages = 55_000,
        RecipeAllImages = 60_000,
        EnoughSteps = 2_000,
        MaxEpochs = 300;

    /// <summary>The experiment with the epochs that it trains for; what else counts in epochs keeps its share of the training.</summary>
    /// <param name="experiment">As its file says.</param>
    /// <param name="data">The images.</param>
    /// <param name="epochs">What the user asks for; null: nothing.</param>
    public static Experiment Resolve(Experiment experiment, Dataset data, int? epochs = null)
    {
        bool isMeantForIt =
            experiment.Data is { } meant && (meant == data.Name || (data.Folder is { } folder && Path.GetFullPath(meant) == folder));
        int more = epochs ?? (isMeantForIt || data.AllTrain.Count >= RecipeAllImages ? experiment.Epochs : Enough(experiment, data));
        if (more == experiment.Epochs)
        {
            return experiment;
        }

        double times = (double)more / experiment.Epochs;
        return experiment with
        {
            Epochs = more,
            Schedule = experiment.Schedule is { } s ? s with { Factor = Math.Pow(s.Factor, 1 / times) } : null,
            Augmentation = experiment.Augmentation is { Epochs: { } some } a
                ? a with
                {
                    Epochs = (int)Math.Round(some * times),
                }
                : experiment.Augmentation,
        };
    }

    /// <summary>At least as many epochs as the recipe says, and on a small set more.</summary>
    private static int Enough(Experiment experiment, Dataset data)
    {
        long enough = Math.Min(EnoughSteps, Steps(RecipeImages, experiment.BatchSize, experiment.Epochs)),
            perEpoch = Math.Max(1, Steps(DataSplit.Of(experiment, data).Train.Count, experiment.BatchSize, 1));
        return Math.Max(experiment.Epochs, (int)Math.Min(MaxEpochs, (enough + perEpoch - 1) / perEpoch));
    }

    /// <summary>What became of the epochs of some experiments on a small set, as a sentence; null: nothing.</summary>
    /// <param name="experiments">Each as its file says, and as it trains.</param>
    /// <param name="epochs">What the user asked for, who then knows; null: nothing.</param>
    public static string? Describe(IEnumerable<(Experiment Written, Experiment Resolved)> experiments, int? epochs = null)
    {
        string[] changed =
        [
            .. experiments
                .Where(e => e.Written.Epochs != e.Resolved.Epochs)
                .Select(e => $"{e.Resolved.Name} {e.Resolved.Epochs} instead of {e.Written.Epochs}"),
        ];
        return epochs is not null || changed.Length == 0
            ? null
            : $"the data set is small, so training has more epochs: {string.Join(", ", changed)}. --epochs N sets another number.";
    }

    /// <summary>Optimizer steps: a last batch of one image has no batch statistics and is left out.</summary>
    internal static long Steps(int images, int batchSize, int epochs) =>
        (long)epochs * (images / batchSize + (images % batchSize > 1 ? 1 : 0));
}
