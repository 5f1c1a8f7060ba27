using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>Tells how far the parts of an exploration are, and the whole of it, so that a time left can be given from the start.</summary>
/// <param name="data">What is looked at.</param>
/// <param name="options">How closely.</param>
/// <param name="progress">Told of each part and of the whole.</param>
internal sealed class ExplorationWork(Dataset data, ExplorationOptions options, IProgress<ExplorationProgress>? progress)
{
    internal const string KMeans = "k-means",
        Neighbours = "nearest neighbours",
        TSne = "t-SNE";

    // Of the parts that every exploration has. Only their ratios count: about one unit is a second on one core.
    private readonly Dictionary<string, double> _work = new()
    {
        [KMeans] = 10 + 0.0055 * Math.Min(20_000, data.Train.Count),
        [Neighbours] = 2.6e-7 * data.Train.Count * data.Test.Count,
        [TSne] = 6e-6 * (1 + options.Seeds) * Math.Pow(Math.Min(options.Points, data.Train.Count), 2),
    };

    private readonly Dictionary<string, double> _done = [];

    internal void Report(string task, double done, string detail)
    {
        if (_work.ContainsKey(task))
        {
            _done[task] = done;
            double all = _done.Sum(d => d.Value * _work[d.Key]) / _work.Values.Sum();
            progress?.Report(new ExplorationProgress("whole exploration", Math.Min(0.999, all), ""));
        }

        progress?.Report(new ExplorationProgress(task, done, detail));
    }
}
