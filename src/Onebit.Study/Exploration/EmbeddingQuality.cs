using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>What a picture of points is worth.</summary>
internal static class EmbeddingQuality
{
    private const int Block = 256;

    /// <summary>
    /// Trustworthiness (Venna and Kaski 2001): 1 where the k nearest of each point in the picture are its k nearest in
    /// truth, less the further away those are that do not belong.
    /// </summary>
    /// <param name="original">count x dimensions.</param>
    /// <param name="embedded">count x 2.</param>
    /// <param name="neighbours">k, below half of count.</param>
    internal static double Trustworthiness(Tensor original, Tensor embedded, int neighbours)
    {
        using var scope = NewDisposeScope();
        long count = original.shape[0];
        Tensor truth = original.to(ScalarType.Float64),
            picture = embedded.to(ScalarType.Float64);
        long excess = 0;
        Points.InBlocks(
            (int)count,
            Block,
            (start, rows) =>
            {
                Tensor distances = Distances(truth, start, rows);
                Tensor near = distances.gather(1, Nearest(picture, start, rows, neighbours));
                for (int n = 0; n < neighbours; n++)
                {
                    Tensor rank = distances.lt(near.narrow(1, n, 1)).sum(1) + 1;
                    excess += (rank - neighbours).clamp_min(0).sum().item<long>();
                }
            }
        );
        return 1 - 2.0 * excess / ((double)count * neighbours * (2 * count - 3 * neighbours - 1));
    }

    /// <summary>By class, the share of the nearest points that are of the same class; 0 for a class without points.</summary>
    internal static double[] OwnNeighbours(Tensor embedded, IReadOnlyList<int> labels, int classes, int neighbours)
    {
        using var scope = NewDisposeScope();
        Tensor picture = embedded.to(ScalarType.Float64);
        double[] own = new double[classes];
        int[] all = new int[classes];
        Points.InBlocks(
            labels.Count,
            Block,
            (start, rows) =>
            {
                long[] nearest = Nearest(picture, start, rows, neighbours).contiguous().data<long>().ToArray();
                for (int i = 0; i < nearest.Length; i++)
                {
                    int label = labels[start + i / neighbours];
                    all[label]++;
                    own[label] += labels[(int)nearest[i]] == label ? 1 : 0;
                }
            }
        );
        return [.. own.Select((n, c) => n / Math.Max(1, all[c]))];
    }

    /// <summary>
    /// By class, the mean distance of its points to their mean, over that of all points to theirs; 0 for a class without points.
    /// </summary>
    internal static double[] Scatter(IReadOnlyList<float[]> embedded, IReadOnlyList<int> labels, int classes)
    {
        double all = FromCentre(embedded);
        return
        [
            .. Enumerable.Range(0, classes).Select(c => FromCentre([.. embedded.Where((_, i) => labels[i] == c)]) / (all == 0 ? 1 : all)),
        ];
    }

    private static double FromCentre(IReadOnlyList<float[]> points)
    {
        if (points.Count == 0)
        {
            return 0;
        }

        double x = points.Average(p => p[0]),
            y = points.Average(p => p[1]);
        return points.Average(p => Math.Sqrt((p[0] - x) * (p[0] - x) + (p[1] - y) * (p[1] - y)));
    }

    private static Tensor Nearest(Tensor points, int start, int rows, int neighbours) =>
        Distances(points, start, rows).topk(neighbours, dim: 1, largest: false, sorted: true).indexes;

    private static Tensor Distances(Tensor points, int start, int rows)
    {
        Tensor distances = Points.SquaredDistances(points.narrow(0, start, rows), points);
        distances.diagonal(start).fill_(double.PositiveInfinity); // A point is no neighbour of itself.
        return distances;
    }
}
