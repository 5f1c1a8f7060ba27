using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Packed runs that a reader may choose from, the best on the validation images first.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="Runs">In this order.</param>
/// <param name="FullPrecision">What they are all compared with, if there is one.</param>
/// <param name="Label">What tells a run from the others.</param>
internal sealed record Ranking(string Title, IReadOnlyList<StudyRun> Runs, StudyRun? FullPrecision, Func<StudyRun, string> Label)
{
    /// <summary>Fewer runs of a network are compared well enough by the table of all runs.</summary>
    internal const int MinRuns = 5;

    /// <summary>There are many runs, or at least two that seeds allow to compare.</summary>
    internal bool HasComparison => Runs.Count >= MinRuns || Runs.Count(r => r.Seeds.Count > 1) > 1;

    /// <summary>What <see cref="Rows"/> hold, and in which unit.</summary>
    internal static IReadOnlyList<(string What, string Unit)> Columns { get; } =
    [
        ("Experiment", ""),
        ("Method", ""),
        ("Bits", "input / weights / activations"),
        ("File", "bytes"),
        ("Validation accuracy", "mean"),
        ("Test accuracy", "mean and deviation"),
        ("Seeds", ""),
        ("One image", "nanoseconds"),
        ("Difference", "points"),
        ("Difference", "deviations"),
    ];

    /// <summary>The best run of each combination of bits, the fewest bits first.</summary>
    internal IReadOnlyList<StudyRun> BestByBits => [.. Runs.GroupBy(Bits).Select(g => g.First()).OrderBy(Weight)];

    /// <summary>The same as text.</summary>
    internal IEnumerable<string> Winners =>
        BestByBits.Select(r => $"{Bits(r)} bits: {Label(r)}, {Percent(r.TestAccuracy)} ({Seeds(r.Seeds.Count)})");

    /// <summary>A row of text per run, full precision last.</summary>
    internal IEnumerable<IReadOnlyList<string>> Rows =>
        Runs.Concat(FullPrecision is null ? [] : [FullPrecision])
            .Select(run =>
            {
                Welch? test = run == Runs[0] ? null : Welch.Compare(Runs[0].TestAccuracy, run.TestAccuracy);
                return (IReadOnlyList<string>)
                    [
                        run.Experiment,
                        run.Method,
                        Bits(run),
                        Count(run.ModelBytes),
                        Percent(run.ValidationAccuracy.Mean),
                        Percent(run.TestAccuracy),
                        Count(run.Seeds.Count),
                        Number(run.InferenceNanoseconds.Batch1, "N0"),
                        test is null ? Nothing : Points(test.Difference),
                        test?.Deviations is { } deviations
                            ? $"{Signed(deviations, "F1")}{(test.MoreThanChance ? "\u00a0*" : "")}"
                            : Nothing,
                    ];
            });

    /// <summary>Which run is best and which ones do not differ from it significantly, as text.</summary>
    internal string Verdict
    {
        get
        {
            StudyRun best = Runs[0];
            (StudyRun Run, Welch Test)[] others = [.. Runs.Skip(1).Select(r => (r, Welch.Compare(best.TestAccuracy, r.TestAccuracy)))];
            string Named(Func<Welch, bool> those) => string.Join(", ", others.Where(o => those(o.Test)).Select(o => Label(o.Run)));
            string same = Named(t => t is { Deviations: not null, MoreThanChance: false }),
                unknown = Named(t => t.Deviations is null);
            int differ = others.Count(o => o.Test.MoreThanChance);
            return $"The best run on the validation images is {Label(best)}, {Bits(best)} bits."
                + $" It has {Percent(best.TestAccuracy)} on the test images ({Seeds(best.Seeds.Count)})."
                + (
                    FullPrecision is null
                        ? ""
                        : $" Full precision has {Percent(FullPrecision.TestAccuracy)} ({Seeds(FullPrecision.Seeds.Count)})."
                )
                + (
                    others.All(o => o.Test.Deviations is null)
                        ? ""
                        : $" It differs significantly from {differ} of the {Several(others.Length, "other")}."
                )
                + (same.Length == 0 ? "" : $" These seeds show no significant difference from {same}.")
                + (unknown.Length == 0 ? "" : $" Too few seeds to compare: {unknown}.");
        }
    }

    /// <summary>The packed runs of a network, which may be none.</summary>
    internal static Ranking Of(NetworkRuns network) =>
        new(network.Name, Best([.. network.Runs.Where(r => r.Packed)]), network.FullPrecision, network.NameOf);

    /// <summary>Networks with packed runs.</summary>
    internal static IEnumerable<Ranking> Networks(StudyResults results) => NetworkRuns.Of(results).Select(Of).Where(r => r.Runs.Count > 0);

    /// <summary>Three networks or more whose files are within a tenth of one another.</summary>
    internal static IEnumerable<Ranking> EqualBytes(StudyResults results)
    {
        StudyRun[] packed = [.. results.Runs.Where(r => r.Packed).OrderBy(r => r.ModelBytes)];
        for (int from = 0, to; from < packed.Length; from = to)
        {
            to = Array.FindLastIndex(packed, r => r.ModelBytes <= 1.1 * packed[from].ModelBytes) + 1;
            StudyRun[] runs = packed[from..to];
            if (runs.Select(r => r.Network).Distinct().Count() >= 3)
            {
                yield return new Ranking(
                    $"Files of {Count(runs[0].ModelBytes)} to {Count(runs[^1].ModelBytes)} bytes",
                    Best(runs),
                    null,
                    r => r.Experiment
                );
            }
        }
    }

    /// <summary>
    /// Packed runs of a network and method that were trained for equal epochs with several numbers of bits, of weights and of activations,
    /// the fewest first.
    /// </summary>
    internal static IReadOnlyList<StudyRun> ByBits(StudyResults results) =>
        [
            .. results
                .Runs.Where(r => r.Packed)
                .GroupBy(r => (r.Network, r.Method, r.InputBits, r.Epochs))
                .Where(g => g.DistinctBy(r => r.WeightBits).Count() > 1 && g.DistinctBy(r => r.ActivationBits).Count() > 1)
                .SelectMany(g => g.OrderBy(Weight)),
        ];

    /// <summary>Fewest bits first.</summary>
    internal static (int, int, int) Weight(StudyRun run) => (run.WeightBits, run.ActivationBits, run.InputBits);

    private static IReadOnlyList<StudyRun> Best(IReadOnlyList<StudyRun> runs) =>
        [.. runs.OrderByDescending(r => r.ValidationAccuracy.Mean)];
}
