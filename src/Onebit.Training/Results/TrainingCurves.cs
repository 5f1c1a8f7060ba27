namespace Onebit.Training;

/// <summary>Curves by name, one value per epoch: the training loss, and what the task adds.</summary>
public sealed class TrainingCurves : Dictionary<string, List<double>>
{
    internal const string TrainLossName = "trainLoss";

    /// <summary>Mean loss over the batches of each epoch, augmentation and dropout included.</summary>
    public List<double> TrainLoss => this[TrainLossName];

    /// <summary>Adds an epoch's value to a curve.</summary>
    public void Add(string name, double value)
    {
        if (!TryGetValue(name, out List<double>? curve))
        {
            this[name] = curve = [];
        }

        curve.Add(value);
    }
}
