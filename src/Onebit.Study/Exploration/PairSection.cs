using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Pairs of classes that are confused with each other, and the images.</summary>
internal static class PairSection
{
    private const int Rows = 15,
        Pictured = 6;

    internal static string Write(ExplorationResults results, Dataset data)
    {
        string Class(int c) => Escape(results.Dataset.ClassNames[c]);
        string[] names = [.. results.Classifiers.Select(c => c.Name)];
        ClassPair[] shown = [.. results.Pairs.Take(Rows).Where(p => p.Share > 0)];
        if (shown.Length == 0)
        {
            return "";
        }

        string columns = string.Concat(names.Select(n => $"<th scope=\"col\">{Escape(n)}</th>"));
        string rows = string.Concat(
            shown.Select(p =>
                $"""
                    <tr><th scope="row">{Class(p.First)} / {Class(p.Second)}</th><td>{Percent(p.Share, "F1")}</td>{string.Concat(
                        names.Select(n => $"<td>{Count(p.Counts[n])}</td>")
                    )}</tr>

                    """
            )
        );
        string Side(int of, int takenFor, IReadOnlyList<int> images) =>
            images.Count == 0
                ? ""
                : $"""
                    <div><p class="hint">{Class(of)}, predicted as {Class(takenFor)}</p>{Tiles.Write(
                        data.Test,
                        images,
                        "test image",
                        _ => ""
                    )}</div>

                    """;
        return $"""
            <section id="pairs">
            <h2>Pairs that look alike</h2>
            <p>Counts are of test images of one class that were predicted as the other, both ways.
            “Share” is the pair’s share of all mistakes of a classifier, mean over the classifiers.
            So a classifier with many mistakes does not decide alone.</p>
            <div class="scroll"><table class="comparison">
            <thead><tr><th scope="col">Pair</th><th scope="col">Share</th>{columns}</tr></thead>
            <tbody>{rows}</tbody></table></div>
            {string.Concat(shown.Take(Pictured).Select(p => $"""
            <h3>{Class(p.First)} and {Class(p.Second)}</h3>
            <div class="pair">{Side(p.First, p.Second, p.FirstTakenForSecond)}{Side(p.Second, p.First, p.SecondTakenForFirst)}</div>

            """))}<p class="hint">Images that most classifiers confuse come first.</p>
            </section>
            """;
    }
}
