namespace Onebit.Study;

/// <summary>All runs of one network, full precision first.</summary>
internal sealed record NetworkRuns(string Name, IReadOnlyList<StudyRun> Runs)
{
    /// <summary>The run that the others are compared with.</summary>
    internal StudyRun? FullPrecision => Runs.FirstOrDefault(IsFullPrecision);

    internal IEnumerable<StudyRun> Binarized => Runs.Where(r => r.WeightBits < 32);

    /// <summary>
    /// The binarized run to show where one must do: packed if any is, of one bit if any is, then the best on validation images.
    /// </summary>
    internal StudyRun? Best =>
        Binarized
            .OrderByDescending(r => r.Packed)
            .ThenBy(r => r.WeightBits)
            .ThenByDescending(r => r.ValidationAccuracy.Mean)
            .FirstOrDefault();

    /// <summary>
    /// The runs that charts of whole networks name: all, or full precision and the best of each combination of bits where there are many.
    /// </summary>
    internal IReadOnlyList<StudyRun> Named =>
        Ranking.Of(this) is { Runs.Count: >= Ranking.MinRuns } ranking
            ? [.. Runs.Where(r => r == FullPrecision || ranking.BestByBits.Contains(r))]
            : Runs;

    internal static IReadOnlyList<NetworkRuns> Of(StudyResults results) =>
        [.. results.Runs.GroupBy(r => r.Network).Select(g => new NetworkRuns(g.Key, [.. g.OrderByDescending(IsFullPrecision)]))];

    /// <summary>
    /// What tells a run from the others of its network: its method where that does, else the experiment, without the network's name.
    /// </summary>
    internal string NameOf(StudyRun run) =>
        Runs.Count(r => r.Method == run.Method) == 1 ? run.Method
        : run.Experiment.StartsWith(Name + "-", StringComparison.Ordinal) ? run.Experiment[(Name.Length + 1)..]
        : run.Experiment;

    /// <summary>The same with its bits: of pixels, weights and activations.</summary>
    internal string Label(StudyRun run) =>
        IsFullPrecision(run) ? NameOf(run) : $"{NameOf(run)} {run.InputBits}/{run.WeightBits}/{run.ActivationBits}";

    /// <summary>Not the first stage of a binarized network, whose weights are real too.</summary>
    private static bool IsFullPrecision(StudyRun run) => run.Method == "float32";
}
