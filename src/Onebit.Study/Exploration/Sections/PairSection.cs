using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Pairs of classes that are taken for each other, and the images of which it is true.</summary>
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
                    <div><p class="hint">{Class(of)}, taken for {Class(takenFor)}</p>{Tiles.Write(
                        data.Test,
                        images,
                        "test image",
                        _ => ""
                    )}</div>

                    """;
        return $"""
            <section id="pairs">
            <h2>Pairs that look alike</h2>
            <p>Test images of the one class taken for the other, both ways. “Share” is the pair’s part in all of a classifier’s mistakes, mean over the classifiers, so that those who err often do not decide alone.</p>
            <div class="scroll"><table class="comparison">
            <thead><tr><th scope="col">Pair</th><th scope="col">Share</th>{string.Concat(names.Select(n => $"<th scope=\"col\">{Escape(n)}</th>"))}</tr></thead>
            <tbody>{rows}</tbody></table></div>
            {string.Concat(shown.Take(Pictured).Select(p => $"""
            <h3>{Class(p.First)} and {Class(p.Second)}</h3>
            <div class="pair">{Side(p.First, p.Second, p.FirstTakenForSecond)}{Side(p.Second, p.First, p.SecondTakenForFirst)}</div>

            """))}<p class="hint">The images that most of the classifiers confuse come first.</p>
            </section>
            """;
    }
}
