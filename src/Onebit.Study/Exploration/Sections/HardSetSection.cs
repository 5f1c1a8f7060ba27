using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The hard test images, and what everything makes of them.</summary>
internal static class HardSetSection
{
    private const int Shown = 60;

    internal static string Write(ExplorationResults results, Dataset data)
    {
        string table = string.Concat(
            results.Classifiers.Select(c =>
                $"""
                    <tr><th scope="row">{Escape(c.Name)}</th><td>{Percent(c.Accuracy)}</td>{(
                        c.HardSetAccuracy is { } hard ? $"<td>{Percent(hard)}</td>" : ""
                    )}</tr>

                    """
            )
        );
        string accuracies = $"""
            <div class="scroll"><table>
            <thead><tr><th scope="col">Classifier</th><th scope="col">All test images</th>{(
                results.HardSet is null ? "" : "<th scope=\"col\">Hard ones</th>"
            )}</tr></thead>
            <tbody>{table}</tbody></table></div>
            """;
        if (results.HardSet is not { } set)
        {
            return $"""
                <section id="hard">
                <h2>How each does</h2>
                <p>No hard test images are known for this data set; <code>onebit explore --hard-set</code> finds some.</p>
                {accuracies}
                </section>
                """;
        }
        int[] shown = [.. set.Indices.Where((_, i) => i % Math.Max(1, set.Indices.Count / Shown) == 0).Take(Shown)];
        return $"""
            <section id="hard">
            <h2>Images that are hard</h2>
            <p>{Count(set.Indices.Count)} of {Count(data.Test.Count)} test images, {(
                set.Curated ? "found now" : "the shipped ones"
            )}: of a committee of six (k-means with {Count(
                results.Kmeans.Curve[^1].K
            )} prototypes, nearest neighbours, one logistic regression and three multilayer perceptrons of their own seeds)
            at least {HardSet.Dissents} do not name the class that most name. No label of a test image took part, and none of the models measured here had a vote; k-means with {Count(
                results.Kmeans.Curve[^1].K
            )} clusters and nearest neighbours did.</p>
            {accuracies}
            <h3>Hard images</h3>
            <p>Every {Math.Max(1, set.Indices.Count / Shown)}th of them, with its label.</p>
            {Tiles.Write(data.Test, shown, "test image", i => Escape(results.Dataset.ClassNames[data.Test.Labels.Span[shown[i]]]))}
            <h3>Their classes</h3>
            <div class="scroll"><table>
            <thead><tr><th scope="col">class</th>{string.Concat(
                results.Dataset.ClassNames.Select(n => $"<th scope=\"col\">{Escape(n)}</th>")
            )}</tr></thead>
            <tbody><tr><th scope="row">images</th>{string.Concat(
                set.ByClass.Select(n => $"<td>{Count(n)}</td>")
            )}</tr></tbody></table></div>
            </section>
            """;
    }
}
