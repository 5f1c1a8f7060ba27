using System.Text.Json;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>A figure that others published, from <c>published.json</c>.</summary>
/// <param name="Name">Short, for a chart.</param>
/// <param name="Dataset">The data set's name.</param>
/// <param name="Accuracy">On its test images, a fraction.</param>
/// <param name="Bytes">Of what <paramref name="Counted"/> says.</param>
/// <param name="Counted">What the bytes are of: weights alone, a file, or more.</param>
/// <param name="Source">Who, where and when, and how the bytes were reckoned if the source does not give them.</param>
/// <param name="Checked">The figure was read in the source itself; false: in someone's quotation of it, or not at all.</param>
public sealed record Published(string Name, string Dataset, double Accuracy, long Bytes, string Counted, string Source, bool Checked)
{
    /// <summary>What is counted of our own models.</summary>
    internal const string Own = "Onebit, whole file";

    /// <summary>What is counted of others', the same order for every data set, so that each has its colour.</summary>
    internal static IReadOnlyList<string> Kinds => [.. s_all.Value.Select(p => p.Counted).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>All of a data set, the smallest first.</summary>
    public static IReadOnlyList<Published> Of(string dataset) => [.. s_all.Value.Where(p => p.Dataset == dataset)];

    /// <summary>Those to hold a study's packed runs against; empty where it has none.</summary>
    internal static IReadOnlyList<Published> Beside(StudyResults results) =>
        results.Runs.Any(r => r.Packed) ? Of(results.Dataset.Name) : [];

    private static readonly Lazy<IReadOnlyList<Published>> s_all = new(() =>
        [.. JsonSerializer.Deserialize<Published[]>(Svg.Resource("published.json"), Experiment.Json)!.OrderBy(p => p.Bytes)]
    );
}
