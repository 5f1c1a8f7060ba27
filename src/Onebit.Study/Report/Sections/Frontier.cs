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
            <p>These figures are not counted alike. Our sizes are of whole files, and our accuracies are means over all seeds.
            Every choice of ours was made on validation images.
            Published sizes are mostly of weights alone. Published accuracies are mostly of one run.</p>
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.FrontierInline(data.Results, published)}</div>
            <figcaption>Filled markers: this study, with its worst and best seed. A published figure has its name
            unless another of its kind is at least as good in both size and accuracy.</figcaption></figure>
            <details><summary>All figures as a table</summary>
            <p class="hint">“Bytes of activations” is the memory for values while one image is classified,
            when each layer runs fused with what follows it.</p>
            <div class="scroll"><table>
            {HtmlTable(s_columns, c => c >= TextFrom, Rows(data.Results))}</table></div></details>
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
