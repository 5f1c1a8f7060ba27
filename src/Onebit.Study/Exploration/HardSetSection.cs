using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The hard test images, and the accuracy of every classifier on them.</summary>
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
                <h2>Accuracies</h2>
                <p>No hard test images are known for this data set. <code>onebit explore --hard-set</code> finds some.</p>
                {accuracies}
                </section>
                """;
        }
        int every = Math.Max(1, set.Indices.Count / Shown);
        int[] shown = [.. set.Indices.Where((_, i) => i % every == 0).Take(Shown)];
        return $"""
            <section id="hard">
            <h2>Hard images</h2>
            <p>{Count(set.Indices.Count)} of {Count(data.Test.Count)} test images are hard ({(
                set.Curated ? "found now" : "the shipped ones"
            )}).
            A committee of six classified the test images: k-means with {Count(results.Kmeans.Curve[^1].K)} prototypes,
            nearest neighbours, one logistic regression and three multilayer perceptrons.
            An image is hard when at least {HardSet.MinDissents} of the six disagree with the most frequent answer.
            No label of a test image took part.
            k-means with {Count(results.Kmeans.Curve[^1].K)} clusters and nearest neighbours had a vote.
            No other classifier in the table had one.</p>
            {accuracies}
            <h3>Examples</h3>
            <p>{(every == 1 ? "All of them" : $"One in {every}")}, with the labels.</p>
            {Tiles.Write(data.Test, shown, "test image", i => Escape(results.Dataset.ClassNames[data.Test.Labels.Span[shown[i]]]))}
            <h3>Their classes</h3>
            <div class="scroll"><table>{HtmlTable(
                ["class", "images"],
                _ => false,
                results.Dataset.ClassNames.Zip(set.ByClass, (name, count) => (string[])[name, Count(count)])
            )}</table></div>
            </section>
            """;
    }
}
