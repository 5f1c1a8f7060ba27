using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Packed runs beside what others published on the same images.</summary>
internal static class Frontier
{
    internal static string Write(ReportData data)
    {
        IReadOnlyList<Published> published = Published.Beside(data.Results);
        if (published.Count == 0)
        {
            return "";
        }

        return $"""
            <section id="frontier">
            <h2>Beside published figures</h2>
            <p>What is counted differs, and so does who chose on what: our sizes are of whole files, our accuracies
            means over all seeds, and every choice was made on validation images; published sizes are mostly of weights alone, published accuracies mostly of one run.
            Bytes of activations: what must be held at once where each layer runs fused with what follows it.</p>
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.FrontierInline(data.Results, published)}</div>
            <figcaption>Filled: this study, with its worst and best seed. Of the published figures those are named that none of their kind beats in both.</figcaption></figure>
            <div class="scroll"><table>
            {HtmlTable(s_columns, c => c >= TextFrom, Rows(data.Results))}</table></div>
            </section>
            """;
    }

    /// <summary>The same table in markdown; empty where there is nothing to compare with.</summary>
    internal static string Markdown(StudyResults results) =>
        Published.Beside(results).Count == 0
            ? ""
            : "### Beside published figures\n\n" + MarkdownTable(s_columns, c => c is 0 or >= TextFrom, Rows(results));

    private const int TextFrom = 6;

    private static readonly string[] s_columns =
    [
        "model",
        "bytes",
        "test accuracy",
        "seeds",
        "multiply-accumulates",
        "bytes of activations",
        "counted",
        "source",
    ];

    // Smallest first, our own among the others.
    private static IEnumerable<IReadOnlyList<string>> Rows(StudyResults results) =>
        results
            .Runs.Where(r => r.Packed)
            .Select(r =>
                (
                    Bytes: r.ModelBytes,
                    Row: (IReadOnlyList<string>)
                        [
                            r.Experiment,
                            Count(r.ModelBytes),
                            Percent(r.TestAccuracy),
                            Count(r.Seeds.Count),
                            Count(r.MultiplyAccumulates),
                            r.PeakActivationBytes is { } bytes ? Count(bytes) : Nothing,
                            Published.Own,
                            "this study",
                        ]
                )
            )
            .Concat(
                Published
                    .Beside(results)
                    .Select(p =>
                        (
                            p.Bytes,
                            Row: (IReadOnlyList<string>)
                                [
                                    p.Name,
                                    Count(p.Bytes),
                                    Percent(p.Accuracy),
                                    Nothing,
                                    Nothing,
                                    Nothing,
                                    p.Counted,
                                    p.Source + (p.Checked ? "" : " (not read at the source)"),
                                ]
                        )
                    )
            )
            .OrderBy(r => r.Bytes)
            .Select(r => r.Row);
}
