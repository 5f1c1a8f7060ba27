using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>A data set's images as an experiment uses them.</summary>
/// <param name="Train">Images to train on.</param>
/// <param name="Validation">Images held out, on which every choice is made.</param>
/// <param name="Test">Images read once per finished run.</param>
internal sealed record DataSplit(ImageSet Train, ImageSet Validation, ImageSet Test)
{
    /// <summary>Holds out as many images as the experiment says.</summary>
    /// <exception cref="ExperimentException">There are too few.</exception>
    internal static DataSplit Of(Experiment experiment, Dataset data)
    {
        if (experiment.ValidationImages is not { } held)
        {
            return new DataSplit(data.Train, data.Validation, data.Test);
        }

        int count = data.AllTrain.Count;
        return held < count
            ? new DataSplit(data.AllTrain.Slice(0, count - held), data.AllTrain.Slice(count - held, held), data.Test)
            : throw new ExperimentException($"'{experiment.Name}' holds out {held} images of {count}; set validationImages lower.");
    }
}
