using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>What every section of the report draws on.</summary>
internal sealed record ReportData(
    StudyResults Results,
    IReadOnlyList<NetworkRuns> Networks,
    IReadOnlyDictionary<string, byte[]> Predictions,
    ImageSet Test,
    IReadOnlyList<int>? HardSet,
    IReadOnlyList<string> Files
)
{
    /// <summary>
    /// The largest network that can say what one bit costs, first of all a packed one that has a full-precision run; null: no run is
    /// binarized.
    /// </summary>
    internal NetworkRuns? Headline =>
        Networks.Where(n => n.Best is not null).OrderBy(n => n.Best!.Packed).ThenBy(n => n.FullPrecision is not null).LastOrDefault();

    /// <summary>A sentence of HTML below charts that name no more than <see cref="NetworkRuns.Named"/>; empty where that is all.</summary>
    internal string NamedAlone =>
        Networks.All(n => n.Named.Count == n.Runs.Count)
            ? ""
            : " Networks with many runs: full precision and the best run of each combination of bits have names here."
                + " <a href=\"#methods\">Methods</a> has all runs.";

    /// <summary>Where a run's attention looks, by image and layer; none where it has no attention or its weights are not there.</summary>
    internal required Func<StudyRun, ImageSet, AttentionMap[][]> Attention { get; init; }

    /// <summary>A run against full precision, first seeds; null where one of them is missing.</summary>
    internal McNemar? Compare(StudyRun? full, StudyRun own) => Compare(full, own, Test.Labels.ToArray(), p => p);

    /// <summary>The same on the hard images alone; null where none are known, too.</summary>
    internal McNemar? CompareHard(StudyRun? full, StudyRun own) =>
        HardSet is null ? null : Compare(full, own, Test.Select(HardSet).Labels.ToArray(), p => [.. HardSet.Select(i => p[i])]);

    private McNemar? Compare(StudyRun? full, StudyRun own, byte[] labels, Func<byte[], byte[]> chosen) =>
        full is not null
        && Predictions.TryGetValue(full.Experiment, out byte[]? first)
        && Predictions.TryGetValue(own.Experiment, out byte[]? second)
            ? McNemar.Compare(labels, chosen(first), chosen(second))
            : null;
}
