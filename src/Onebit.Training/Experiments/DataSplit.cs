using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>A data set's images as an experiment uses them.</summary>
/// <param name="Train">Images to train on.</param>
/// <param name="Validation">Images held out, on which every choice is made.</param>
/// <param name="Test">Images read once per finished run.</param>
internal sealed record DataSplit(ImageSet Train, ImageSet Validation, ImageSet Test)
{
    private const int MinTrainImages = 2;

    /// <summary>Holds out as many images as the experiment says.</summary>
    /// <exception cref="ExperimentException">There are too few.</exception>
    internal static DataSplit Of(Experiment experiment, Dataset data)
    {
        int count = data.AllTrain.Count,
            held = experiment.ValidationImages ?? data.Validation.Count;
        if (held >= count)
        {
            throw new ExperimentException($"'{experiment.Name}' holds out {held} images of {count}; set validationImages lower.");
        }

        // One image has no batch statistics.
        if (count - held < MinTrainImages)
        {
            throw new ExperimentException(
                $"'{data.Name}' has {count} training images, of which {held} are held out for validation; "
                    + $"training needs {MinTrainImages} more, so give at least {held + MinTrainImages}."
            );
        }

        return experiment.ValidationImages is null
            ? new DataSplit(data.Train, data.Validation, data.Test)
            : new DataSplit(data.AllTrain.Slice(0, count - held), data.AllTrain.Slice(count - held, held), data.Test);
    }
}
