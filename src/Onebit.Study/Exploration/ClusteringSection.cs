using System.Text;
using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The clusters of k-means, and their mistakes.</summary>
internal static class ClusteringSection
{
    private const int Shown = 40,
        Rows = 15;

    internal static string Write(ExplorationResults results, Dataset data)
    {
        KMeansResults k = results.Kmeans;
        byte[] pixels = [.. k.Centroids.SelectMany(c => c.Select(p => (byte)Math.Clamp(MathF.Round(255 * p), 0, 255)))];
        var centroids = new ImageSet(pixels, new byte[k.K], data.Test.Channels, data.Test.Height, data.Test.Width);
        string Class(int c) => c < 0 ? Nothing : Escape(results.Dataset.ClassNames[c]);
        ClusterDoubt[] wrong = [.. k.Log.Where(d => !d.Right)],
            sure = [.. wrong.Take(Shown)];
        ClusterDoubt[] unsure = [.. k.Log.OrderBy(d => Math.Abs(d.Margin)).Take(Shown)];
        string curve = string.Concat(
            k.Curve.Select(p => $"<tr><th scope=\"row\">{Count(p.K)}</th><td>{Percent(p.Accuracy)}</td><td>{Seconds(p.Seconds)}</td></tr>")
        );
        return $"""
            <section id="kmeans">
            <h2>What clustering sees</h2>
            <p>k-means finds {k.K} clusters of pixels, without labels. Each cluster is named after its most frequent class.
            Several clusters may have the same name, and a class may have none.</p>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Accuracy</th><th scope="col">Purity</th>
            <th scope="col">Adjusted Rand index</th><th scope="col">Normalized mutual information</th></tr></thead>
            <tbody><tr><td>{Percent(k.Accuracy)}</td><td>{Percent(k.Purity)}</td>
            <td>{Number(k.AdjustedRandIndex, "F3")}</td><td>{Number(k.NormalizedMutualInformation, "F3")}</td></tr></tbody></table></div>
            <h3>The {k.K} centroids</h3>
            {Tiles.Write(centroids, [.. Enumerable.Range(0, k.K)], "centroid", c => $"{c} ({Class(k.ClusterClass[c])})")}
            <p class="hint">The number of the cluster, and in brackets its class.</p>
            <h3>Clusters by class</h3>
            <p>Counts are of test images.{(
                results.Dataset.Classes < ClassRow.MinClasses ? " Rows are clusters, columns the true classes. Blue cells are correct." : ""
            )}</p>
            <div class="scroll">{(results.Dataset.Classes < ClassRow.MinClasses ? Table(results) : List(results))}</div>
            <h3>Accuracy by number of clusters</h3>
            <p>Each cluster is a prototype of its class. Labels are used only to name the clusters.</p>
            <div class="pair"><figure class="chart">{ExplorationCharts.PrototypeCurve(k.Curve)}</figure>
            <div class="scroll"><table><thead><tr><th scope="col">Clusters</th><th scope="col">Test accuracy</th>
            <th scope="col">Time to find them</th></tr></thead><tbody>{curve}</tbody></table></div></div>
            <h3>Mistakes of {k.K} clusters</h3>
            <p>{Count(wrong.Length)} of {Count(data.Test.Count)} test images are nearest to a cluster of another class.
            Distances are Euclidean: a white pixel is 1 away from a black one.
            All of these images are in <code>{ExplorationResults.FileName}</code>.</p>
            {Log($"The clearest mistakes: much nearer to a wrong cluster than to any other class ({sure.Length})", sure, open: true)}
            {Log($"The closest decisions: nearly as far from two clusters of different classes ({unsure.Length})", unsure, open: false)}
            </section>
            """;

        string Log(string title, ClusterDoubt[] doubts, bool open) =>
            $"""
                <details{(open ? " open=\"open\"" : "")}><summary>{title}</summary>
                <div class="scroll">{Tiles.Write(
                    data.Test,
                    [.. doubts.Select(d => d.Index)],
                    "test image",
                    i => $"{Class(doubts[i].TrueClass)} → {Class(doubts[i].ClusterClass)}"
                )}
                <table>
                <thead><tr><th scope="col">Image</th><th scope="col">True class</th><th scope="col">Cluster<small>(its class)</small></th>
                <th scope="col">Distance</th><th scope="col">Nearest of another class</th><th scope="col">Distance</th></tr></thead>
                <tbody>{string.Concat(doubts.Take(Rows).Select(Row))}</tbody></table></div></details>

                """;
        string Row(ClusterDoubt d) =>
            $"""
                <tr class="mini"><td>{Count(d.Index)}{Tiles.Write(data.Test, [d.Index], "test image", _ => "")}</td><td>{Class(
                    d.TrueClass
                )}</td><td>{d.Cluster} ({Class(d.ClusterClass)})</td>
                <td>{Number(d.Distance, "F2")}</td>
                <td>{(d.OtherCluster < 0 ? Nothing : $"{d.OtherCluster} ({Class(d.OtherClass)})")}</td>
                <td>{Number(d.OtherDistance, "F2")}</td></tr>

                """;
    }

    private static string List(ExplorationResults results)
    {
        KMeansResults k = results.Kmeans;
        IReadOnlyList<string> names = results.Dataset.ClassNames;
        return $"""
            <table>{HtmlTable(
                ["Cluster", "Images", "Correct", "Most often instead"],
                column => column == 3,
                k.Table.Select((row, c) => ClassRow.Of(row, c, k.ClusterClass[c]))
                    .Select(r => (string[])
                        [
                            $"{r.Class} ({names[k.ClusterClass[r.Class]]})",
                            Count(r.Images),
                            r.Images == 0 ? Nothing : Percent((double)r.Right / r.Images, "F1"),
                            string.Join(", ", r.Mistakes.Select(m => $"{names[m.Class]} ({Count(m.Count)})")),
                        ]
                    )
            )}</table>
            """;
    }

    private static string Table(ExplorationResults results)
    {
        KMeansResults k = results.Kmeans;
        int max = Math.Max(1, k.Table.SelectMany((row, c) => row.Where((_, t) => t != k.ClusterClass[c])).DefaultIfEmpty().Max());
        var table = new StringBuilder("<table class=\"confusion\">");
        string columns = string.Concat(results.Dataset.ClassNames.Select(n => $"<th scope=\"col\">{Escape(n)}</th>"));
        table.Append($"<thead><tr><th scope=\"col\">cluster</th>{columns}<th scope=\"col\">correct</th></tr></thead>\n<tbody>");
        for (int c = 0; c < k.K; c++)
        {
            int own = k.ClusterClass[c],
                all = k.Table[c].Sum();
            table.Append($"<tr><th scope=\"row\">{c} ({Escape(results.Dataset.ClassNames[own])})</th>");
            table.AppendJoin("", k.Table[c].Select((n, t) => t == own ? $"<td class=\"right\">{Count(n)}</td>" : HeatCell(n, max)));
            table.Append($"<td>{(all == 0 ? Nothing : Percent((double)k.Table[c][own] / all, "F1"))}</td></tr>\n");
        }
        return table.Append("</tbody></table>").ToString();
    }
}
