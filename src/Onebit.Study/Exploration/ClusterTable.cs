namespace Onebit.Study;

/// <summary>How a clustering agrees with the classes: all from the table of counts, row = cluster, column = class.</summary>
/// <param name="Counts">Images of each cluster and class.</param>
public sealed record ClusterTable(int[][] Counts)
{
    private double Total => Counts.Sum(row => row.Sum(n => (double)n));

    private IEnumerable<double> ClusterSizes => Counts.Select(row => row.Sum(n => (double)n));

    private IEnumerable<double> ClassSizes => Enumerable.Range(0, Counts[0].Length).Select(c => Counts.Sum(row => (double)row[c]));

    /// <summary>Counts images by cluster and class.</summary>
    public static int[][] Count(ReadOnlySpan<int> clusters, ReadOnlySpan<byte> labels, int clusterCount, int classes)
    {
        int[][] counts = [.. Enumerable.Range(0, clusterCount).Select(_ => new int[classes])];
        for (int i = 0; i < labels.Length; i++)
        {
            counts[clusters[i]][labels[i]]++;
        }

        return counts;
    }

    /// <summary>Share of the images that have their own cluster's most frequent class (Manning et al. 2008, section 16.3).</summary>
    public double Purity => Counts.Sum(row => (double)row.Max()) / Total;

    /// <summary>
    /// Pairs of images on which clusters and classes agree, adjusted so that chance gives 0 and equality 1 (Hubert and Arabie 1985).
    /// </summary>
    public double AdjustedRandIndex
    {
        get
        {
            static double Pairs(double n) => n * (n - 1) / 2;
            double both = Counts.Sum(row => row.Sum(n => Pairs(n))),
                clusters = ClusterSizes.Sum(Pairs),
                classes = ClassSizes.Sum(Pairs);
            double expected = clusters * classes / Pairs(Total),
                most = (clusters + classes) / 2;
            return most == expected ? 1 : (both - expected) / (most - expected);
        }
    }

    /// <summary>
    /// Mutual information of clusters and classes over the mean of their entropies: 0 independent, 1 the same (Strehl and Ghosh 2002; the
    /// arithmetic mean).
    /// </summary>
    public double NormalizedMutualInformation
    {
        get
        {
            double total = Total;
            double[] clusters = [.. ClusterSizes],
                classes = [.. ClassSizes];
            double Entropy(double[] sizes) => -sizes.Where(n => n > 0).Sum(n => n / total * Math.Log(n / total));
            double information = 0;
            for (int k = 0; k < clusters.Length; k++)
            {
                for (int c = 0; c < classes.Length; c++)
                {
                    double n = Counts[k][c];
                    information += n == 0 ? 0 : n / total * Math.Log(n * total / (clusters[k] * classes[c]));
                }
            }
            double mean = (Entropy(clusters) + Entropy(classes)) / 2;
            return mean == 0 ? 1 : information / mean;
        }
    }
}
