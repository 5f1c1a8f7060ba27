using System.Globalization;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary>What a study of diffusion models found, in the terminal.</summary>
internal static class GenerationTable
{
    internal static void Print(GenerationResults results, string report)
    {
        IReadOnlyList<string>[] rows = [.. results.Runs.GroupBy(r => (r.Experiment, r.Steps)).Select(g => Row([.. g]))];
        AnsiConsole.Write(
            TextTable.Fitting(
                [
                    ("run", false, 0),
                    ("bits\nw/act", true, 3),
                    ("steps", true, 0),
                    ("seeds", true, 4),
                    ("feature\ndistance", true, 0),
                    ("class\nfound", true, 0),
                    ("precision,\nrecall", true, 2),
                    ("bytes", true, 0),
                    ("one\nimage", true, 1),
                    ("float32 at\nthat time", true, 1),
                ],
                rows,
                AnsiConsole.Profile.Width
            )
        );
        AnsiConsole.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Real images: distance {results.Test.FeatureDistanceFloor:F1}, precision {results.Test.PrecisionOfTraining:F3}, "
                    + $"recall {results.Test.RecallOfTraining:F3}."
            )
        );
        foreach (var bits in (results.Bits ?? []).GroupBy(r => (r.Experiment, r.Steps)))
        {
            AnsiConsole.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{bits.Key.Experiment}, {bits.Key.Steps} steps: at most {bits.Average(r => r.Bound):F2} nats per test image."
                )
            );
        }

        AnsiConsole.WriteLine($"Report: {VisibleText.Of(report)}");
    }

    private static IReadOnlyList<string> Row(GenerationRow[] seeds)
    {
        GenerationRow first = seeds[0];
        string Mean(Func<GenerationRow, double> value, string format) =>
            seeds.Average(value).ToString(format, CultureInfo.InvariantCulture);
        return
        [
            first.Experiment,
            $"{first.WeightBits}/{first.ActivationBits}",
            $"{first.Steps}",
            $"{seeds.Length}",
            Mean(r => r.FeatureDistance, "F1"),
            Mean(r => 100 * r.ClassAccuracy, "F2") + " %",
            $"{Mean(r => r.Precision, "F2")}, {Mean(r => r.Recall, "F2")}",
            first.ModelBytes.ToString("N0", CultureInfo.InvariantCulture),
            Mean(r => r.MillisecondsPerImage, "F1") + " ms",
            Mean(r => r.OnnxRuntimeMillisecondsPerImage, "F1") + " ms",
        ];
    }
}
