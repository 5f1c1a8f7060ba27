using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The t-SNE pictures, and what several of them say of each class.</summary>
internal static class TSneSection
{
    internal static string Write(ExplorationResults results) =>
        $"""
        <section id="tsne">
        <h2>In two dimensions</h2>
        <p>t-SNE puts images that look alike near each other. Only who is near whom means something; sizes of clumps, gaps between them and directions do not.</p>
        <div class="pair">{Figure(results, results.Tsne)}{Figure(results, results.SmallTsne)}</div>
        <h3>How closely each class lies together</h3>
        <p>{Reading(results)}</p>
        <div class="scroll"><table>
        <thead><tr><th scope="col">Class</th>{string.Concat(results.Readings.Select(r => $"<th scope=\"col\">Own neighbours<small>{Count(r.Points)} points</small></th><th scope=\"col\">Scatter<small>{Count(r.Points)} points</small></th>"))}</tr></thead>
        <tbody>{string.Concat(results.Dataset.ClassNames.Select((name, c) => $"""
        <tr><th scope="row">{Escape(name)}</th>{string.Concat(results.Readings.Select(r => $"<td>{OwnNeighbours(r.OwnNeighbours[c])}</td><td>{Factor(r.Scatter[c])}</td>"))}</tr>

        """))}</tbody></table></div>
        <p class="hint">Own neighbours: of the five nearest in the picture, the share of the same class. Scatter: mean distance to the middle of the class, as a part of that of all points to theirs. Mean ± deviation over seeds {results.Readings[0].Seeds[0]} to {results.Readings[0].Seeds[^1]}; each has a sample of all training images and first positions of its own. {string.Join(" ", results.Readings.Select(r => $"Trustworthiness of those of {Count(r.Points)} points: {Factor(r.Trustworthiness, "F4")}."))}</p>
        </section>
        """;

    private static string Figure(ExplorationResults results, TSnePicture picture) =>
        $"""
            <figure class="chart">{ExplorationCharts.EmbeddingInline(picture, results.Dataset.ClassNames)}
            <figcaption>The first {Count(picture.Points)} training images, as many of each class. Trustworthiness {Number(
                picture.Trustworthiness,
                "F4"
            )}, KL divergence {Number(picture.KlDivergence, "F3")}, perplexity {Number(picture.Perplexity, "0.#")}, {Seconds(
                picture.Seconds
            )}.</figcaption></figure>

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
        if (results.Dataset is not { Name: "mnist", Classes: 10 })
        {
            return string.Join(
                " ",
                results.Readings.Select(r =>
                    $"In pictures of {Count(r.Points)} points {Name(Ranked(r.OwnNeighbours)[0])} keeps to itself most and {Name(Ranked(r.OwnNeighbours)[^1])} least; {Name(Ranked(r.Scatter)[0])} is scattered most."
                )
            );
        }
        int[] claimed = [0, 6, 8, 9];
        string Check(TSneReading reading)
        {
            int[] own = Ranked(reading.OwnNeighbours),
                scatter = Ranked(reading.Scatter);
            string[] held = [.. claimed.Where(c => own.Take(4).Contains(c)).Select(Name)],
                not = [.. claimed.Where(c => !own.Take(4).Contains(c)).Select(Name)];
            string verdict =
                not.Length == 0 ? "as it says"
                : held.Length == 0 ? "none of the four it names"
                : $"of the four it names only {string.Join(" and ", held)}";
            return $"""
                In {Several(reading.Seeds.Count, "picture")} of {Count(
                    reading.Points
                )} points the four classes that keep to themselves most are <strong>{string.Join(
                    ", ",
                    own.Take(4).Select(Name)
                )}</strong>, {verdict},
                and the most scattered class is <strong>{Name(scatter[0])}</strong>; 2 comes {Place(Array.IndexOf(scatter, 2))} of ten.
                """;
        }
        return "The study this grew out of read from one picture of 100 digits that 0, 6, 8 and 9 cluster and 2 is scattered most. "
            + string.Join(" ", results.Readings.Select(Check));
    }

    private static string Place(int index) =>
        (index + 1) switch
        {
            1 => "first",
            2 => "second",
            3 => "third",
            int n => $"{n}th",
        };
}
