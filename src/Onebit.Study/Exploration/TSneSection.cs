using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The t-SNE pictures, and what several of them say of each class.</summary>
internal static class TSneSection
{
    // More images would make the page large, and their points too small to hit.
    private const int MaxSpots = 500;

    internal static string Write(ExplorationResults results, Dataset data) =>
        $"""
            <section id="tsne">
            <h2>In two dimensions</h2>
            <p>t-SNE puts images that look alike near each other. Only neighbourhood has a meaning.
            The size of a group, the gaps between groups and directions have none.</p>
            <div class="pair">{Figure(results, data, results.Tsne)}{Figure(results, data, results.SmallTsne)}</div>
            <h3>How closely each class lies together</h3>
            <p>{Reading(results)}</p>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Class</th>{string.Concat(results.Readings.Select(Columns))}</tr></thead>
            <tbody>{string.Concat(results.Dataset.ClassNames.Select((name, c) => Row(results, name, c)))}</tbody></table></div>
            <p class="hint">Own neighbours: the share of the same class among the five nearest in the picture.
            Scatter: the mean distance to the middle of the class, relative to that of all points.
            Both are mean ± deviation over seeds {results.Readings[0].Seeds[0]} to {results.Readings[0].Seeds[^1]}.
            Each seed has its own sample of all training images and its own first positions.
            {string.Join(" ", results.Readings.Select(Trustworthiness))}</p>
            </section>
            """;

    private static string Columns(TSneReading reading) =>
        $"<th scope=\"col\">Own neighbours<small>{Count(reading.Points)} points</small></th>"
        + $"<th scope=\"col\">Scatter<small>{Count(reading.Points)} points</small></th>";

    private static string Row(ExplorationResults results, string name, int label)
    {
        string values = string.Concat(
            results.Readings.Select(r => $"<td>{OwnNeighbours(r.OwnNeighbours[label])}</td><td>{Factor(r.Scatter[label])}</td>")
        );
        return $"<tr><th scope=\"row\">{Escape(name)}</th>{values}</tr>\n";
    }

    private static string Trustworthiness(TSneReading reading) =>
        $"Pictures of {Count(reading.Points)} points have a trustworthiness of {Factor(reading.Trustworthiness, "F4")}.";

    private static string Figure(ExplorationResults results, Dataset data, TSnePicture picture) =>
        $"""
            <figure class="chart">{Spots(
                picture,
                data,
                ExplorationCharts.EmbeddingInline(picture, results.Dataset.ClassNames, out var places),
                places
            )}
            <figcaption>{(picture.Points > MaxSpots ? "" : "Point at one to see its image. ")}The first {Count(
                picture.Points
            )} training images, equally many of each class.
            Trustworthiness {Number(picture.Trustworthiness, "F4")}, KL divergence {Number(picture.KlDivergence, "F3")},
            perplexity {Number(picture.Perplexity, "0.#")}, {Seconds(picture.Seconds)}.</figcaption></figure>

            """;

    /// <summary>The picture with an image above each point that is pointed at; of many points without them.</summary>
    private static string Spots(TSnePicture picture, Dataset data, string svg, IReadOnlyList<(double X, double Y)> places) =>
        picture.Points > MaxSpots
            ? svg
            : $"""
                <div class="spots">{svg}{Tiles.Spots(data.Train, picture.Indices, "training image", places)}</div>
                """;

    private static string OwnNeighbours(Spread spread) =>
        (spread.Values.Count == 1 ? "" : $"{Number(100 * spread.Mean, "F0")}\u00a0±\u00a0")
        + Percent(spread.Values.Count == 1 ? spread.Mean : spread.Std, "F0");

    private static string Factor(Spread spread, string format = "F2") =>
        Number(spread.Mean, format) + (spread.Values.Count == 1 ? "" : $"\u00a0±\u00a0{Number(spread.Std, format)}");

    private static string Reading(ExplorationResults results)
    {
        int[] Ranked(IReadOnlyList<Spread> values) => [.. Enumerable.Range(0, values.Count).OrderByDescending(c => values[c].Mean)];
        string Name(int c) => Escape(results.Dataset.ClassNames[c]);
        string Describe(TSneReading reading)
        {
            int[] own = Ranked(reading.OwnNeighbours);
            return $"""
                In pictures of {Count(reading.Points)} points, <strong>{Name(own[0])}</strong> has the most neighbours of its own class,
                and <strong>{Name(own[^1])}</strong> the fewest.
                The most scattered class is <strong>{Name(Ranked(reading.Scatter)[0])}</strong>.
                """;
        }
        return string.Join(" ", results.Readings.Select(Describe));
    }
}
