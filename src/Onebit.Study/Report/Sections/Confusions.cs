using System.Text;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>One confusion matrix per run.</summary>
internal static class Confusions
{
    internal static string Write(ReportData data) =>
        $"""
            <section id="confusion">
            <h2>Confusion matrices</h2>
            <p>Counts are of test images, first seed. Rows are the true classes, columns the predicted ones.
            A stronger colour means more images. Open is the run that the answer above is about.</p>
            {string.Concat(
                data.Networks.SelectMany(n =>
                    n.Runs.Select(r => Matrix(n, r, data.Results.Dataset.ClassNames, open: n == data.Headline && r == n.Best))
                )
            )}</section>
            """;

    private static string Matrix(NetworkRuns network, StudyRun run, IReadOnlyList<string> names, bool open)
    {
        int[][] counts = run.Confusion;
        string Name(int label) => Escape(names[label]);
        int classes = counts.Length;
        (int True, int Predicted, int Count)[] mistakes =
        [
            .. counts
                .SelectMany((row, t) => row.Select((count, p) => (t, p, count)))
                .Where(m => m.t != m.p)
                .OrderByDescending(m => m.count),
        ];
        int max = mistakes.Length == 0 ? 0 : mistakes[0].Count;
        string worst =
            max == 0 ? "" : $"; most often {Name(mistakes[0].True)} predicted as {Name(mistakes[0].Predicted)}, {Several(max, "time")}";
        string table = classes < ClassRow.MinClasses ? Table(counts, names, max) : List(counts, names);
        return $"""
            <details{(open ? " open=\"open\"" : "")}><summary><b>{Escape(network.Name)}</b> {Escape(network.Label(run))}: {Count(
                mistakes.Sum(m => (long)m.Count)
            )} of {Count(counts.Sum(r => r.Sum(c => (long)c)))} wrong{worst}</summary>
            <div class="scroll">{table}</div></details>

            """;
    }

    /// <summary>One line per class: a matrix of many classes has more cells than anybody reads.</summary>
    private static string List(int[][] counts, IReadOnlyList<string> names) =>
        $"""
            <table>{HtmlTable(
                ["Class", "Images", "Right", "Most often predicted as"],
                column => column == 3,
                ClassRow.Of(counts).Select(r => (string[])
                    [
                        names[r.Class],
                        Count(r.Images),
                        r.Images == 0 ? Nothing : Percent((double)r.Right / r.Images, "F1"),
                        string.Join(", ", r.Mistakes.Select(m => $"{names[m.Class]} ({Count(m.Count)})")),
                    ]
                )
            )}</table>
            """;

    private static string Table(int[][] counts, IReadOnlyList<string> names, int max)
    {
        int classes = counts.Length;
        var table = new StringBuilder("<table class=\"confusion\">");
        string columns = string.Concat(names.Take(classes).Select(n => $"<th scope=\"col\">{Escape(n)}</th>"));
        table.Append($"<thead><tr><th scope=\"col\">true</th>{columns}<th scope=\"col\">right</th></tr></thead>\n<tbody>");
        for (int t = 0; t < classes; t++)
        {
            table.Append($"<tr><th scope=\"row\">{Escape(names[t])}</th>");
            for (int p = 0; p < classes; p++)
            {
                int count = counts[t][p];
                table.Append(t == p ? $"<td class=\"right\">{Count(count)}</td>" : HeatCell(count, max));
            }
            int images = counts[t].Sum();
            table.Append($"<td>{(images == 0 ? Nothing : Percent((double)counts[t][t] / images, "F1"))}</td></tr>\n");
        }
        return table.Append("</tbody></table>").ToString();
    }
}
