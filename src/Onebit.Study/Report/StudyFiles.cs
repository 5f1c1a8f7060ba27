using System.Globalization;

namespace Onebit.Study;

/// <summary>What lies beside a report for use elsewhere: the plots as SVG, and the figures as CSV.</summary>
internal static class StudyFiles
{
    internal const string PlotFolder = "plots";

    /// <summary>Name and content of each file.</summary>
    internal static IEnumerable<(string Name, string Text)> Of(StudyResults results)
    {
        yield return ("runs.csv", Csv(s_run.Select(c => c.Name), results.Runs.Select(r => s_run.Select(c => c.Value(r)))));
        yield return ("curves.csv", Csv(["experiment", "epoch", .. s_curves], results.Runs.SelectMany(Curves)));
        yield return ($"{PlotFolder}/accuracy-against-bytes.svg", AccuracyCharts.AccuracyAgainstBytes(results));
        yield return ($"{PlotFolder}/accuracy-against-time.svg", AccuracyCharts.AccuracyAgainstTime(results));
        if (Published.Beside(results) is { Count: > 0 } published)
        {
            yield return ($"{PlotFolder}/frontier.svg", AccuracyCharts.Frontier(results, published));
        }

        if (Ranking.ByBits(results) is { Count: > 0 } runs)
        {
            yield return ($"{PlotFolder}/bits.svg", AccuracyCharts.ByBits(results, runs));
        }

        // Networks are numbered: their names may be no file names.
        foreach ((NetworkRuns network, int i) in NetworkRuns.Of(results).Select((n, i) => (n, i + 1)))
        {
            yield return ($"{PlotFolder}/curves-{i}-loss.svg", CurveCharts.Loss(network, standalone: true));
            yield return ($"{PlotFolder}/curves-{i}-accuracy.svg", CurveCharts.ValidationAccuracy(network, standalone: true));
        }
    }

    private static readonly string[] s_curves = ["trainLoss", "validationLoss", "validationAccuracy"];

    private static readonly (string Name, Func<StudyRun, object?> Value)[] s_run =
    [
        ("experiment", r => r.Experiment),
        ("network", r => r.Network),
        ("method", r => r.Method),
        ("inputBits", r => r.InputBits),
        ("weightBits", r => r.WeightBits),
        ("activationBits", r => r.ActivationBits),
        ("seeds", r => r.Seeds.Count),
        ("testAccuracy", r => r.TestAccuracy.Mean),
        ("testAccuracyStd", r => r.TestAccuracy.Std),
        ("validationAccuracy", r => r.ValidationAccuracy.Mean),
        ("testLoss", r => r.TestLoss.Mean),
        ("hardSetAccuracy", r => r.HardSetAccuracy?.Mean),
        ("parameters", r => r.Parameters),
        ("binaryParameters", r => r.BinaryParameters),
        ("multiplyAccumulates", r => r.MultiplyAccumulates),
        ("packed", r => r.Packed ? "true" : "false"),
        ("modelBytes", r => r.ModelBytes),
        ("peakActivationBytes", r => r.PeakActivationBytes),
        ("epochs", r => r.Epochs),
        ("trainProcessorSeconds", r => r.TrainProcessorSeconds.Mean),
        ("nanoseconds1", r => r.InferenceNanoseconds.Batch1),
        ("nanoseconds256", r => r.InferenceNanoseconds.Batch256),
        ("peerNanoseconds1", r => r.Peer.Batch1),
        ("peerNanoseconds256", r => r.Peer.Batch256),
    ];

    private static IEnumerable<IEnumerable<object?>> Curves(StudyRun run) =>
        Enumerable
            .Range(0, run.Curves.TrainLoss.Count)
            .Select(epoch =>
                (IEnumerable<object?>)
                    [
                        run.Experiment,
                        epoch + 1,
                        .. s_curves.Select(c => run.Curves.GetValueOrDefault(c) is { } v && epoch < v.Count ? v[epoch] : (object?)null),
                    ]
            );

    private static string Csv(IEnumerable<string> header, IEnumerable<IEnumerable<object?>> rows) =>
        string.Concat(rows.Prepend(header).Select(row => string.Join(',', row.Select(Field)) + "\n"));

    private static string Field(object? value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
