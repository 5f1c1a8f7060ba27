namespace Onebit.Study.Tests;

public class ClusterTableTests
{
    // The example of Manning, Raghavan and Schütze (2008), figure 16.4: 17 points, three clusters, three classes.
    private static readonly ClusterTable s_example = new([
        [5, 1, 0],
        [1, 4, 1],
        [2, 0, 3],
    ]);

    [Fact]
    public void Purity_counts_each_clusters_own_class() => Assert.Equal((5 + 4 + 3) / 17.0, s_example.Purity, 1e-12);

    [Fact]
    public void The_adjusted_rand_index_counts_pairs()
    {
        // Pairs of one cluster and class 10 + 6 + 1 + 3, of one cluster 15 + 15 + 10, of one class 28 + 10 + 6, in all 136.
        double expected = 40 * 44 / 136.0;
        Assert.Equal((20 - expected) / (42 - expected), s_example.AdjustedRandIndex, 1e-12);
    }

    [Fact]
    public void Normalized_mutual_information_is_the_books()
    {
        Assert.Equal(0.36, s_example.NormalizedMutualInformation, 0.005);
        // Clusters halves and quarters of 8, classes halves: H = 1.5 bits and 1 bit; the first cluster is all of one class, so I = 1 bit.
        Assert.Equal(
            1 / 1.25,
            new ClusterTable([
                [4, 0],
                [0, 2],
                [0, 2],
            ]).NormalizedMutualInformation,
            1e-12
        );
    }

    [Fact]
    public void Equal_partitions_give_1_and_independent_ones_0()
    {
        var equal = new ClusterTable([
            [0, 7],
            [5, 0],
        ]);
        Assert.Equal((1, 1, 1), (equal.Purity, Math.Round(equal.AdjustedRandIndex, 12), Math.Round(equal.NormalizedMutualInformation, 12)));
        var independent = new ClusterTable([
            [50, 50],
            [50, 50],
        ]);
        Assert.Equal(0.5, independent.Purity);
        Assert.Equal(0, independent.NormalizedMutualInformation, 1e-12);
        Assert.Equal(0, independent.AdjustedRandIndex, 0.01);
        var one = new ClusterTable([
            [9],
        ]);
        Assert.Equal((1, 1, 1), (one.Purity, one.AdjustedRandIndex, one.NormalizedMutualInformation));
    }

    [Fact]
    public void Images_are_counted_by_cluster_and_class() =>
        Assert.Equal(
            [
                [1, 2, 0],
                [0, 0, 1],
            ],
            ClusterTable.Count([0, 1, 0, 0], [1, 2, 0, 1], 2, 3)
        );
}
