using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>What every section of the report draws on.</summary>
internal sealed record ReportData(
    StudyResults Results, IReadOnlyList<NetworkRuns> Networks, IReadOnlyDictionary<string, byte[]> Predictions, ImageSet Test)
{
    /// <summary>The largest network that can say what one bit costs, one packed and with a full-precision twin before all; null: no run is binarized.</summary>
    internal NetworkRuns? Headline => Networks.Where(n => n.Best is not null)
        .OrderBy(n => n.Best!.Packed).ThenBy(n => n.FullPrecision is not null).LastOrDefault();

    /// <summary>A run against full precision, first seeds; null where one of them is missing.</summary>
    internal McNemar? Compare(StudyRun? full, StudyRun own) =>
        full is not null && Predictions.TryGetValue(full.Experiment, out byte[]? first) && Predictions.TryGetValue(own.Experiment, out byte[]? second)
            ? McNemar.Compare(Test.Labels.Span, first, second)
            : null;
}
