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
                TSneSection.Write(results, data),
                PairSection.Write(results, data),
                HardSetSection.Write(results, data),
                Method(results),
            ]
        );
        return Page.Write(
            $"A look at {Escape(results.Dataset.Name)}",
            $"""
            What clustering sees in the images, which classes look alike, and which images are hard.
            {Count(results.Dataset.TrainImages)} images to train on, {Count(results.Dataset.TestImages)} to test,
            {Count(results.Dataset.Classes)} classes.
            """,
            body
        );
    }

    private static string Findings(ExplorationResults results)
    {
        KMeansResults k = results.Kmeans;
        string Class(int c) => Escape(results.Dataset.ClassNames[c]);
        string pairs = string.Join(", ", results.Pairs.Take(3).Where(p => p.Share > 0).Select(p => $"{Class(p.First)}/{Class(p.Second)}"));
        string confused = pairs.Length == 0 ? "" : $"The classes confused most are <strong>{pairs}</strong>.";
        string hard = results.HardSet is { } set ? $"<strong>{Count(set.Indices.Count)}</strong> test images are hard." : "";
        return $"""
            <section id="findings">
            <h2>What there is to see</h2>
            <p class="summary">k-means clusters the pixels without labels, and each cluster is named after its most frequent class.
            With {k.K} clusters <strong>{Percent(k.Accuracy, "F1")}</strong> of the test images are right,
            with {Count(k.Curve[^1].K)} clusters <strong>{Percent(k.Curve[^1].Accuracy, "F1")}</strong>. {confused}
            The t-SNE picture of {Count(results.Tsne.Points)} images has a trustworthiness of
            <strong>{Number(results.Tsne.Trustworthiness, "F3")}</strong> (at most 1). {hard}</p>
            </section>
            """;
    }

    private static string Method(ExplorationResults results) =>
        $"""
            <section id="method">
            <h2>How it was done</h2>
            <dl>
            <dt>Data</dt><dd>Centroids, neighbours and pictures come from the {Count(results.Dataset.TrainImages)} training images.
            Counts of right and wrong are of the {Count(results.Dataset.TestImages)} test images. Nothing is chosen by them.
            The {Count(results.Dataset.ValidationImages)} validation images are not used.</dd>
            <dt>k-means</dt><dd>ML.NET’s trainer on pixels from 0 to 1, with {Count(results.Kmeans.ClusteredImages)} training images
            and at most 30 steps. A cluster is named after the most frequent class of its training images.
            Three measures compare clusters with classes on the test images: purity, adjusted Rand index, and mutual information
            normalized by the mean of both entropies.</dd>
            <dt>t-SNE</dt><dd>Exact. Up to 500 images it reads pixels, above that the first 50 principal components.
            Perplexity {Number(results.Tsne.Perplexity, "0.#")}, {Count(results.Tsne.Iterations)} steps,
            250 of them with early exaggeration 12. The pictures show the first images of each class.
            Classes are judged by samples drawn from all images.
            Trustworthiness compares 12 neighbours with those by distance in pixels.</dd>
            <dt>Neighbours</dt><dd>The 5 nearest training images vote, by Euclidean distance of pixels.</dd>
            <dt>Seed</dt><dd>{Count(results.Seed)}. The same command on the same machine gives the same page, times aside.</dd>
            <dt>Numbers</dt><dd>All numbers, with the index of every image, are in <code>{ExplorationResults.FileName}</code>
            beside this page.</dd>
            </dl>
            </section>
            """;
}
