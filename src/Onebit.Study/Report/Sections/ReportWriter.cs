using Onebit.Datasets;
using Onebit.Training;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Writes a study's results as one page that needs no network.</summary>
public static class ReportWriter
{
    /// <summary>The HTML of <c>report.html</c>; well-formed XML too.</summary>
    /// <param name="results">What the study found.</param>
    /// <param name="predictions">Predicted class of each test image, first seed, by experiment name.</param>
    /// <param name="test">The test images.</param>
    /// <param name="hardSet">Which of them are hard; null: none are known.</param>
    /// <param name="files">What lies beside the page, by relative path; null: nothing.</param>
    /// <param name="attention">Where the first run of a row looks, see <see cref="AttentionMaps"/>; null: it is not shown.</param>
    /// <exception cref="ArgumentException">There is not one prediction for every test image.</exception>
    public static string Write(
        StudyResults results,
        IReadOnlyDictionary<string, byte[]> predictions,
        ImageSet test,
        IReadOnlyList<int>? hardSet = null,
        IReadOnlyList<string>? files = null,
        Func<StudyRun, ImageSet, AttentionMap[][]>? attention = null
    )
    {
        var data = new ReportData(results, NetworkRuns.Of(results), predictions, test, hardSet, files ?? [])
        {
            Attention = attention ?? ((_, _) => []),
        };
        string body = string.Join(
            '\n',
            [
                Summary.Write(data),
                Comparison.Write(data),
                AccuracyAndSize.Write(data),
                MethodRanking.Write(data),
                LearningCurves.Write(data),
                Confusions.Write(data),
                Disagreements.Write(data),
                Attention.Write(data),
                StochasticForms.Write(data),
                FoldingCost.Write(data),
                HowMeasured.Write(data),
                Frontier.Write(data),
            ]
        );
        string title = $"One bit or thirty-two: {Escape(results.Dataset.Name)}";
        return Page.Write(
            title,
            $"""
            Networks in full precision, beside the same networks with weights and activations of one bit or a few.
            Preset <code>{Escape(results.Preset)}</code>: {Several(results.Runs.Count, "run")} of {Several(
                data.Networks.Count,
                "network"
            )}.{Missing(results)}{Made(results)}
            """,
            body
        );
    }

    /// <summary>The tables of methods and of published figures alone, in markdown.</summary>
    public static string Markdown(StudyResults results) =>
        string.Join('\n', new[] { MethodRanking.Markdown(results), Frontier.Markdown(results) }.Where(t => t.Length > 0))
            .Replace('\u00a0', ' ');

    private static string Made(StudyResults results) =>
        results.Program is { } program ? $" Made on {Escape(program.Date)} with Onebit {Escape(program.Version)}." : "";

    private static string Missing(StudyResults results)
    {
        if (results.MissingRuns is not { Count: > 0 } missing)
        {
            return "";
        }

        string Named(bool absent) =>
            string.Join(
                ", ",
                missing
                    .Select(m => m.Experiment)
                    .Distinct()
                    .Where(e => results.Runs.All(r => r.Experiment != e) == absent)
                    .Select(e => $"<code>{Escape(e)}</code>")
            );
        string without = Named(absent: true),
            fewer = Named(absent: false);
        string all = Several(missing.Count + results.Runs.Sum(r => r.Seeds.Count), "training");
        return $" <strong>The study is not finished</strong>: {Count(missing.Count)} of {all} are missing."
            + (without.Length == 0 ? "" : $" Left out: {without}.")
            + (fewer.Length == 0 ? "" : $" With fewer seeds than planned: {fewer}.");
    }
}
