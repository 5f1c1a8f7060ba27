using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A trained network whose binarized weights a method may replace.</summary>
internal sealed class TrainedNetwork(Network network, ITask task, DataSplit data, int seed) : ITrainedNetwork
{
    private readonly (Tensor Live, float[] Trained)[] _statistics =
    [
        .. network.BatchNormModules.SelectMany(n => new[] { n.Mean, n.Variance }).Select(t => (t, t.data<float>().ToArray())),
    ];

    /// <inheritdoc/>
    public bool HasBatchNorm => _statistics.Length > 0;

    /// <inheritdoc/>
    public void Use(Func<Tensor, Tensor>? form, bool recalibrate)
    {
        manual_seed(seed);
        foreach ((Tensor live, float[] trained) in _statistics)
        {
            live.copy_(tensor(trained));
        }

        foreach (WeightModule layer in network.WeightModules.Where(l => l.IsBinarized))
        {
            layer.Frozen = form?.Invoke(layer.Weight);
        }

        if (recalibrate)
        {
            BatchNormRecalibration.Run(network, task, data.Train);
        }
    }

    /// <inheritdoc/>
    public (double Validation, double Test) Evaluate() => (task.Score(network, data.Validation), task.Score(network, data.Test));
}
