using System.Text;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>One confusion matrix a run.</summary>
internal static class Confusions
{
    internal static string Write(ReportData data) =>
        $"""
            <section id="confusion">
            <h2>Confusion matrices</h2>
            <p>Test images, first seed. Rows are the true classes, columns the predicted ones; the stronger the colour, the more often.</p>
            {string.Concat(
                data.Networks.SelectMany(n =>
                    n.Runs.Select(r => Matrix(n, r, data.Results.Dataset.ClassNames, open: n == data.Headline && r == n.Best))
                )
            )}</section>
            """;

    private static string Matrix(NetworkRuns network, StudyRun run, IReadOnlyList<string> names, bool open)
    {
        int[][] counts = run.Confusion;
        int classes = counts.Length;
        (int True, int Predicted, int Count)[] mistakes =
        [
            .. counts
                .SelectMany((row, t) => row.Select((count, p) => (t, p, count)))
                .Where(m => m.t != m.p)
                .OrderByDescending(m => m.count),
        ];
        int most = mistakes.Length == 0 ? 0 : mistakes[0].Count;
        string worst =
            most == 0
                ? ""
                : $"; most often {Escape(names[mistakes[0].True])} taken for {Escape(names[mistakes[0].Predicted])}, {Several(most, "time")}";
        var table = new StringBuilder();
        table.Append(
            $"<thead><tr><th scope=\"col\">true</th>{string.Concat(Enumerable.Range(0, classes).Select(c => $"<th scope=\"col\">{Escape(names[c])}</th>"))}<th scope=\"col\">right</th></tr></thead>\n<tbody>"
        );
        for (int t = 0; t < classes; t++)
        {
            table.Append($"<tr><th scope=\"row\">{Escape(names[t])}</th>");
            for (int p = 0; p < classes; p++)
            {
                int count = counts[t][p];
                table.Append(t == p ? $"<td class=\"right\">{Count(count)}</td>" : Mistakes(count, most));
            }
            int images = counts[t].Sum();
            table.Append($"<td>{(images == 0 ? Nothing : Percent((double)counts[t][t] / images, "F1"))}</td></tr>\n");
        }
        return $"""
            <details{(open ? " open=\"open\"" : "")}><summary><b>{Escape(network.Name)}</b> {Escape(network.Label(run))}: {Count(
                mistakes.Sum(m => (long)m.Count)
            )} of {Count(counts.Sum(r => r.Sum(c => (long)c)))} wrong{worst}</summary>
            <div class="scroll"><table class="confusion">{table}</tbody></table></div></details>

            """;
    }

    /// <summary>A cell of mistakes: the more of them, the stronger its colour.</summary>
    internal static string Mistakes(int count, int most) =>
        count == 0
            ? "<td></td>"
            // The square root keeps single mistakes visible beside frequent ones.
            : $"<td style=\"--heat:{Number(Math.Sqrt((double)count / most), "0.##")}\">{Count(count)}</td>";
}
