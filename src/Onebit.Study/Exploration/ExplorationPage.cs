using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Writes what looking at a data set found as one page that needs no network.</summary>
internal static class ExplorationPage
{
    /// <summary>The HTML of <c>explore.html</c>; well-formed XML too.</summary>
    internal static string Write(ExplorationResults results, Dataset data)
    {
        string body = string.Join(
            '\n',
            [
                Findings(results),
                Samples.Write(results, data),
                ClusteringSection.Write(results, data),
                TSneSection.Write(results),
                PairSection.Write(results, data),
                HardSetSection.Write(results, data),
                Method(results),
            ]
        );
        return Page.Write(
            $"A look at {Escape(results.Dataset.Name)}",
            $"What clustering sees in the images, which classes look alike, and which images are hard. {Count(results.Dataset.TrainImages)} images to train on, {Count(results.Dataset.TestImages)} to test, {Count(results.Dataset.Classes)} classes.",
            body
        );
    }

    private static string Findings(ExplorationResults results)
    {
        KMeansResults k = results.Kmeans;
        string Class(int c) => Escape(results.Dataset.ClassNames[c]);
        string pairs = string.Join(", ", results.Pairs.Take(3).Where(p => p.Share > 0).Select(p => $"{Class(p.First)}/{Class(p.Second)}"));
        return $"""
            <section id="findings">
            <h2>What there is to see</h2>
            <p class="summary">Clustering pixels into {k.K} groups, without labels, and naming each group after the class it mostly holds gets <strong>{Percent(
                k.Accuracy,
                "F1"
            )}</strong> of the test images right;
            {Count(k.Curve[^1].K)} groups get <strong>{Percent(k.Curve[^1].Accuracy, "F1")}</strong>.{(
                pairs.Length == 0 ? "" : $" The classes confused most are <strong>{pairs}</strong>."
            )}
            In the t-SNE picture of {Count(results.Tsne.Points)} images neighbours can be trusted to <strong>{Number(
                results.Tsne.Trustworthiness,
                "F3"
            )}</strong> of 1.{(
                results.HardSet is { } hard ? $" <strong>{Count(hard.Indices.Count)}</strong> test images are hard." : ""
            )}</p>
            </section>
            """;
    }

    private static string Method(ExplorationResults results) =>
        $"""
            <section id="method">
            <h2>How it was done</h2>
            <dl>
            <dt>Data</dt><dd>Centroids, neighbours and pictures come from the {Count(
                results.Dataset.TrainImages
            )} training images. Counts of right and wrong are on the {Count(
                results.Dataset.TestImages
            )} test images; nothing is chosen by them. The {Count(results.Dataset.ValidationImages)} validation images are not touched.</dd>
            <dt>k-means</dt><dd>ML.NET’s trainer on pixels from 0 to 1, {Count(
                results.Kmeans.ClusteredImages
            )} training images, at most 30 steps. A cluster is named after the class that most of its training images have. Purity, adjusted Rand index and normalized mutual information (over the mean of both entropies) compare clusters with classes on the test images.</dd>
            <dt>t-SNE</dt><dd>Exact, on pixels up to 500 images, else on the first 50 principal components; perplexity {Number(
                results.Tsne.Perplexity,
                "0.#"
            )}, {Count(
                results.Tsne.Iterations
            )} steps, 250 of them with early exaggeration 12. The pictures shown are of the first images of each class; classes are judged by samples drawn from all. Trustworthiness is computed against distances in pixels, with 12 neighbours.</dd>
            <dt>Neighbours</dt><dd>The 5 nearest of all training images by Euclidean distance of pixels vote.</dd>
            <dt>Seed</dt><dd>{Count(results.Seed)}. The same command on the same machine gives the same page, times aside.</dd>
            <dt>Numbers</dt><dd>All of them, with the index of every image, are in <code>{ExplorationResults.FileName}</code> beside this page.</dd>
            </dl>
            </section>
            """;
}
