using System.Runtime.CompilerServices;
using Onebit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

public sealed class EmbeddingTests : IDisposable
{
    private readonly DisposeScope _scope;

    public EmbeddingTests()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
        _scope = NewDisposeScope();
    }

    public void Dispose() => _scope.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Trustworthiness_counts_how_far_false_neighbours_are()
    {
        // A B C D E at 0 1 3 6 10; in the picture A and E, B and C are neighbours. E is A's 4th nearest, A E's 4th, C B's 2nd,
        // B C's 1st, C D's 1st: 3 + 3 + 1 + 0 + 0 too far.
        Tensor truth = tensor(new float[] { 0, 1, 3, 6, 10 }).unsqueeze(1);
        Tensor picture = tensor(
            new float[,]
            {
                { 0, 0 },
                { 5, 0 },
                { 6.5f, 0 },
                { 20, 0 },
                { 1, 0 },
            }
        );
        Assert.Equal(1 - 2.0 / (5 * 1 * (10 - 3 - 1)) * 7, EmbeddingQuality.Trustworthiness(truth, picture, 1), 1e-12);
        Assert.Equal(1, EmbeddingQuality.Trustworthiness(picture, picture * 3, 2));
    }

    [Fact]
    public void Own_neighbours_and_scatter_are_by_class()
    {
        // Class 0 at 0, 1, 2 with a stray at 100; class 1 at 101, 102, 103.
        float[][] at =
        [
            [0, 0],
            [1, 0],
            [2, 0],
            [100, 0],
            [101, 0],
            [102, 0],
            [103, 0],
        ];
        int[] labels = [0, 0, 0, 0, 1, 1, 1];
        double[] own = EmbeddingQuality.OwnNeighbours(tensor(at.SelectMany(p => p).ToArray(), [7, 2]), labels, 3, 2);
        Assert.Equal([6 / 8.0, 5 / 6.0, 0], own); // The stray's two are of class 1, and it is one of the two of its neighbour there.
        double[] scatter = EmbeddingQuality.Scatter(at, labels, 3);
        double mean = 409 / 7.0;
        double all = at.Average(p => Math.Abs(p[0] - mean));
        Assert.Equal((25.75 + 24.75 + 23.75 + 74.25) / 4 / all, scatter[0], 1e-6);
        Assert.Equal(2 / 3.0 / all, scatter[1], 1e-6);
        Assert.Equal(0, scatter[2]);
    }

    [Fact]
    public void The_divergence_is_sum_p_ln_p_over_q()
    {
        // Three points, all pairs equally likely; weights 1/2, 1/2, 1/3 in the picture, so q = 3/16, 3/16, 1/8.
        Tensor joint = (ones([3, 3]) - eye(3)) / 6;
        Tensor picture = tensor(
            new float[,]
            {
                { 0, 0 },
                { 1, 0 },
                { 0, 1 },
            }
        );
        Assert.Equal((2 * Math.Log(8 / 9.0) + Math.Log(4 / 3.0)) / 3, TSne.Divergence(joint, picture), 1e-6);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(12.5)]
    public void Probabilities_have_the_perplexity_asked_for(double perplexity)
    {
        // On a circle all points are alike, so a row of the symmetric matrix is the conditional one over the number of points.
        double[] angles = [.. Enumerable.Range(0, 40).Select(i => 2 * Math.PI * i / 40)];
        Tensor circle = stack([tensor(angles).cos(), tensor(angles).sin()], 1).to(ScalarType.Float32);
        Tensor joint = TSne.JointProbabilities(circle, perplexity);
        Assert.Equal(1, joint.sum().ToDouble(), 1e-5);
        Assert.Equal(0, joint.diagonal().abs().max().ToDouble());
        Assert.True(joint.Equals(joint.t()));
        double[] row = [.. (joint[0] * 40).data<float>().ToArray().Select(p => (double)p)];
        Assert.Equal(perplexity, Math.Exp(-row.Sum(p => p > 0 ? p * Math.Log(p) : 0)), 0.01 * perplexity);
    }

    [Fact]
    public void Points_that_coincide_do_no_harm()
    {
        Tensor joint = TSne.JointProbabilities(cat([zeros([10, 3]), ones([10, 3])]), 5);
        Assert.Equal(1, joint.sum().ToDouble(), 1e-5);
        Assert.All(
            TSne.Embed(cat([zeros([10, 3]), ones([10, 3])]), 5, 300, 1, null, Cancellation).Positions,
            p => Assert.True(float.IsFinite(p))
        );
    }

    [Fact]
    public void Clusters_are_found_and_the_same_seed_gives_the_same_picture()
    {
        (Tensor points, int[] labels) = Blobs();
        var seen = new List<double>();
        (float[] picture, double divergence) = TSne.Embed(points, 10, 400, 7, new SynchronousProgress<double>(seen.Add), Cancellation);
        Assert.Equal(400, seen.Count);
        Assert.Equal(1, seen[^1]);
        Assert.All(EmbeddingQuality.OwnNeighbours(tensor(picture, [labels.Length, 2]), labels, 4, 5), own => Assert.Equal(1, own));
        Assert.InRange(divergence, 0, 1);
        (float[] Positions, double) elsewhere = default;
        CancellationToken cancellation = Cancellation;
        var thread = new Thread(() => elsewhere = TSne.Embed(points, 10, 400, 7, null, cancellation));
        thread.Start();
        thread.Join();
        Assert.Equal(picture, elsewhere.Positions);
        Assert.NotEqual(picture, TSne.Embed(points, 10, 400, 8, null, Cancellation).Positions);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(160)]
    [InlineData(double.NaN)]
    public void A_perplexity_that_does_not_fit_is_refused(double perplexity) =>
        Assert.Throws<ArgumentException>(() => TSne.Embed(Blobs().Points, perplexity, 300, 1, null, Cancellation));

    [Fact]
    public void Principal_components_keep_the_largest_differences()
    {
        Tensor line = tensor(
            new float[,]
            {
                { 0, 1, 5 },
                { 3, 1, 9 },
                { 6, 1, 13 },
            }
        ); // Steps of 5 along (3, 0, 4).
        float[] found = Points.Principal(line, 1).data<float>().ToArray();
        Assert.Equal([-5, 0, 5], found.Select(f => Math.Round(f, 4)));
    }

    [Fact]
    public void Squared_distances_are_those_of_all_pairs()
    {
        Tensor found = Points.SquaredDistances(
            tensor(
                new float[,]
                {
                    { 0, 0 },
                    { 1, 1 },
                }
            ),
            tensor(
                new float[,]
                {
                    { 3, 4 },
                    { 1, 1 },
                    { 0, 1 },
                }
            )
        );
        Assert.Equal([25, 2, 1, 13, 0, 1], found.data<float>().ToArray());
    }

    private static (Tensor Points, int[] Labels) Blobs()
    {
        var random = new Random(3);
        int[] labels = [.. Enumerable.Range(0, 160).Select(i => i % 4)];
        float[] points = [.. labels.SelectMany(l => Enumerable.Range(0, 8).Select(d => (d == l ? 10 : 0) + random.NextSingle()))];
        return (tensor(points, [160, 8]), labels);
    }
}
