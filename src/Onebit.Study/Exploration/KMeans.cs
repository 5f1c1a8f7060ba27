using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Clustering by k-means (Lloyd 1982) and, by naming each cluster after the class it mostly holds, a classifier of K
/// prototypes. ML.NET finds the centroids; the seed makes them repeatable.
/// </summary>
public sealed class KMeans
{
    private const int MaxDoubts = 500;

    private readonly int[] _clusterClass;

    private KMeans(float[][] centroids, int[] clusterClass) => (Centroids, _clusterClass) = (centroids, clusterClass);

    /// <summary>K centroids of as many numbers as an image has pixels, 0 to 1.</summary>
    public IReadOnlyList<float[]> Centroids { get; }

    /// <summary>The class that most of a cluster's training images have, the lowest among equals; 0 where it has none.</summary>
    public IReadOnlyList<int> ClusterClass => _clusterClass;

    /// <summary>Clusters images and names the clusters after their labels.</summary>
    /// <param name="images">At least <paramref name="k"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="k">Number of clusters.</param>
    /// <param name="iterations">At most so many; ML.NET stops earlier when the centroids stand still.</param>
    /// <param name="seed">Of the first centroids.</param>
    /// <exception cref="ExperimentException">Too few of the images differ.</exception>
    public static KMeans Fit(ImageSet images, int classes, int k, int iterations, int seed)
    {
        var ml = new MLContext(seed);
        int length = images.Channels * images.Height * images.Width;
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Point));
        schema[nameof(Point.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, length);
        IDataView points = ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, images.Count).Select(i => new Point { Pixels = ToUnit(images.Image(i)) }),
            schema
        );
        KMeansTrainer trainer = ml.Clustering.Trainers.KMeans(
            new KMeansTrainer.Options
            {
                FeatureColumnName = nameof(Point.Pixels),
                NumberOfClusters = k,
                MaximumNumberOfIterations = iterations,
                // The standard start is faster, but draws more candidates than a small set has images.
                InitializationAlgorithm =
                    images.Count < 10 * k
                        ? KMeansTrainer.InitializationAlgorithm.KMeansPlusPlus
                        : KMeansTrainer.InitializationAlgorithm.KMeansYinyang,
                NumberOfThreads = 1, // Sums of several threads come out differently each time.
            }
        );
        KMeansModelParameters model;
        try
        {
            model = trainer.Fit(points).Model;
        }
        catch (InvalidOperationException e)
        {
            throw new ExperimentException(
                $"k-means finds no {k} clusters in {images.Count} images ({e.Message.TrimEnd('.')}); use more images, or more varied ones."
            );
        }
        VBuffer<float>[] found = [];
        model.GetClusterCentroids(ref found, out int count);
        float[][] centroids = [.. found.Take(count).Select(c => c.DenseValues().ToArray())];
        var clusters = new KMeans(centroids, new int[count]);
        int[][] table = ClusterTable.Count(clusters.Assign(images).Cluster, images.Labels.Span, count, classes);
        for (int c = 0; c < count; c++)
        {
            clusters._clusterClass[c] = Array.IndexOf(table[c], table[c].Max());
        }

        return clusters;
    }

    /// <summary>The nearest cluster of each image, and its distance to every centroid: count x K, in units of a white pixel.</summary>
    public (int[] Cluster, float[,] Distance) Assign(ImageSet images)
    {
        using var scope = NewDisposeScope();
        Tensor centroids = tensor(Centroids.SelectMany(c => c).ToArray(), [Centroids.Count, Centroids[0].Length]);
        float[,] distance = new float[images.Count, Centroids.Count];
        int[] cluster = new int[images.Count];
        Points.InBlocks(
            images.Count,
            4096,
            (start, count) =>
            {
                float[] block = Points.SquaredDistances(Points.Of(images.Slice(start, count)), centroids).sqrt_().data<float>().ToArray();
                for (int i = 0; i < count; i++)
                {
                    for (int c = 0; c < Centroids.Count; c++)
                    {
                        distance[start + i, c] = block[i * Centroids.Count + c];
                        if (distance[start + i, c] < distance[start + i, cluster[start + i]])
                        {
                            cluster[start + i] = c;
                        }
                    }
                }
            }
        );
        return (cluster, distance);
    }

    /// <summary>The class of each image's cluster.</summary>
    public byte[] Classify(ImageSet images) => [.. Assign(images).Cluster.Select(c => (byte)ClusterClass[c])];

    private static float[] ToUnit(ReadOnlySpan<byte> pixels)
    {
        float[] numbers = new float[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            numbers[i] = pixels[i] / 255f;
        }

        return numbers;
    }

    private sealed class Point
    {
        public float[] Pixels { get; set; } = [];
    }

    /// <summary>
    /// All images in a cluster of another class, the clearest mistakes first; then correct ones, the closest decisions first.
    /// </summary>
    /// <param name="assigned">The cluster of each image.</param>
    /// <param name="distances">Image x cluster.</param>
    /// <param name="labels">The class of each image.</param>
    internal ClusterDoubt[] Doubts(int[] assigned, float[,] distances, byte[] labels)
    {
        ClusterDoubt[] all =
        [
            .. Enumerable
                .Range(0, labels.Length)
                .Select(i =>
                {
                    int own = assigned[i],
                        named = ClusterClass[own];
                    int other = Enumerable
                        .Range(0, Centroids.Count)
                        .Where(c => ClusterClass[c] != named)
                        .DefaultIfEmpty(-1)
                        .MinBy(c => c < 0 ? 0 : distances[i, c]);
                    return new ClusterDoubt(
                        i,
                        labels[i],
                        own,
                        named,
                        Math.Round(distances[i, own], 4),
                        other,
                        other < 0 ? -1 : ClusterClass[other],
                        other < 0 ? 0 : Math.Round(distances[i, other], 4)
                    );
                })
                .OrderBy(d => d.Margin)
                .ThenBy(d => d.Index),
        ];
        return [.. all.Where(d => !d.Right), .. all.Where(d => d.Right).Take(MaxDoubts)];
    }
}
