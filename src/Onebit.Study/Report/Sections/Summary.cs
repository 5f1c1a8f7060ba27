using Onebit.Training;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>"What did one bit cost, what did it save?" in a few sentences.</summary>
internal static class Summary
{
    internal static string Write(ReportData data)
    {
        string text = data.Headline is { Best: { } run } network
            ? network.FullPrecision is { } full
                ? Against(data, network, full, run)
                : Alone(network, run)
            : WithoutOneBit(data);
        return $"""
            <section id="summary">
            <h2>What did one bit cost, what did it save?</h2>
            <p class="summary">{text}</p>{Short(data)}
            </section>
            """;
    }

    /// <summary>Runs that were not trained long enough to mean something.</summary>
    private static string Short(ReportData data)
    {
        string[] warnings =
        [
            .. ShortTraining
                .Of(data.Results.Runs)
                .Select(w => $"<li>{string.Join(", ", w.Experiments.Select(e => $"<code>{Escape(e)}</code>"))}: {Escape(w.Warning)}</li>"),
        ];
        return warnings.Length == 0
            ? ""
            : $"\n<div class=\"warning\"><strong>Training was short</strong><ul>{string.Concat(warnings)}</ul></div>";
    }

    private static string Against(ReportData data, NetworkRuns network, StudyRun full, StudyRun run)
    {
        double change = run.TestAccuracy.Mean - full.TestAccuracy.Mean;
        string points = Points(change).TrimStart('+', '\u2212');
        string outcome =
            points == "0.00" ? "lost no test accuracy"
            : change < 0 ? $"lost <strong>{points} points</strong> of test accuracy"
            : $"gained <strong>{points} points</strong> of test accuracy";
        string seeds =
            run.Seeds.Count == full.Seeds.Count
                ? Seeds(run.Seeds.Count) + (run.Seeds.Count == 1 ? " each" : " each, on average")
                : $"{Seeds(run.Seeds.Count)} against {Seeds(full.Seeds.Count)}, on average";
        string verdict = data.Compare(full, run) is not { } test
            ? ""
            : $"{(run.Seeds.Count > 1 || full.Seeds.Count > 1 ? "Between the first seeds the" : "The")} difference is {Verdict(test)}.";
        return $"""
            {Subject(network, run)} {outcome}: {Percent(run.TestAccuracy.Mean)} against {Percent(full.TestAccuracy.Mean)}
            in full precision ({seeds}). {verdict}
            {Size(run)} is <strong>{Compared(full.ModelBytes, run.ModelBytes, "smaller", "larger", "just as large")}</strong>:
            {Count(run.ModelBytes)} bytes instead of {Count(full.ModelBytes)}.
            {Timing(run)}
            Training took {Training(full, run)}.
            {Hard(data, full, run)}
            """.TrimEnd();
    }

    /// <summary>Whether one bit costs more on hard images.</summary>
    private static string Hard(ReportData data, StudyRun full, StudyRun run)
    {
        if (data.HardSet is not { } hard || full.HardSetAccuracy is not { } before || run.HardSetAccuracy is not { } after)
        {
            return "";
        }

        double all = full.TestAccuracy.Mean - run.TestAccuracy.Mean,
            there = before.Mean - after.Mean;
        string more =
            Points(there - all) == "0.00" ? "as much"
            : there > all ? "more"
            : "less";
        string verdict = data.CompareHard(full, run) is { } test ? $"The difference on hard images is {Verdict(test)}." : "";
        // A minus for what it costs: the same sign as in the table.
        return $"""
            On the {Count(hard.Count)} images that are hard for simple classifiers, {FewBits(run)} {(
                run.WeightBits == 1 ? "costs" : "cost"
            )} <strong>{more}</strong>:
            {Percent(after.Mean)} against {Percent(before.Mean)}.
            That is a difference of <strong>{Points(-there)} points</strong>. On all test images it is {Points(-all)}. {verdict}
            """;
    }

    private static string Alone(NetworkRuns network, StudyRun run) =>
        $"""
            {Subject(network, run)} classifies <strong>{Percent(run.TestAccuracy)}</strong> of the test images correctly
            ({Seeds(run.Seeds.Count)}).
            This study has no full-precision run of the same network, so the cost of {FewBits(run)} is not known.
            {Size(run)} is <strong>{Count(run.ModelBytes)} bytes</strong> for {Count(run.Parameters)} parameters.
            {Timing(run)}
            Training took {Seconds(run.TrainProcessorSeconds.Mean)} of processor time ({Several(run.Epochs, "epoch")}).
            """;

    private static string Size(StudyRun run) => run.Packed ? "The file" : "The size, a count because the network is not packed,";

    private static string WithoutOneBit(ReportData data) =>
        data.Networks.Select(n => n.FullPrecision).LastOrDefault(r => r is not null) is not { } run
            ? "This study has no finished run."
            : $"""
                This study has no binarized run, so it cannot say what one bit costs or saves.
                In full precision the {Escape(run.Network)} network classifies <strong>{Percent(run.TestAccuracy)}</strong>
                of the test images correctly ({Seeds(run.Seeds.Count)}). Its file has {Count(run.ModelBytes)} bytes.
                """;

    private static string Subject(NetworkRuns network, StudyRun run)
    {
        string activations = run.ActivationBits == run.WeightBits ? " and activation" : "";
        string name = $"<strong>{Escape(network.Name)}</strong>";
        return $"With {FewBits(run)} per weight{activations} ({Escape(network.NameOf(run))}), the {name} network";
    }

    private static string Timing(StudyRun run)
    {
        string Ratio(double ratio) => Compared(ratio, 1, "faster", "slower", "just as fast");
        return $"""
            Classification is <strong>{Ratio(run.Ratio.Batch1)}</strong> for one image at a time and
            <strong>{Ratio(run.Ratio.Batch256)}</strong> in batches of 256,
            compared with full precision on {Escape(run.Peer.Name)}.
            """;
    }

    private static string Training(StudyRun full, StudyRun run)
    {
        string longer = Compared(full.TrainProcessorSeconds.Mean, run.TrainProcessorSeconds.Mean, "less time", "longer", "just as long");
        string own = $"{Seconds(run.TrainProcessorSeconds.Mean)} of processor time",
            fulls = Seconds(full.TrainProcessorSeconds.Mean);
        return run.Epochs == full.Epochs
            ? $"<strong>{longer}</strong> ({own} instead of {fulls})"
            : $"<strong>{longer}</strong> ({own} for {Several(run.Epochs, "epoch")} instead of {fulls} for {Count(full.Epochs)})";
    }

    private static string Verdict(McNemar test) =>
        test.MoreThanChance ? $"significant (McNemar’s test, {P(test.P)})" : $"not significant (McNemar’s test, {P(test.P)})";
}
