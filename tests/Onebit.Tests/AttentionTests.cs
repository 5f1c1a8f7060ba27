namespace Onebit.Tests;

/// <summary>The operations of attention on numbers that can be checked by hand.</summary>
public class AttentionTests
{
    [Fact]
    public void Scores_are_products_of_queries_and_keys_over_the_channels()
    {
        // Queries and keys (1, 3) and (2, 4); the code 1 stands for 0 among the queries: (0, 2) and (1, 3).
        Operation[] one = [new MaxPool(0, 1, 1), new AttentionScores(0, 1, 1, 1, 0)];
        Assert.Equal([6, 10, 8, 14], Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (2, 1, 2), one));
        // A head for each channel.
        Operation[] two = [new MaxPool(0, 1, 1), new AttentionScores(0, 1, 2, 0, 1)];
        Assert.Equal([0, 0, 1, 2, 6, 8, 9, 12], Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (4, 1, 2), two));
        // Signs (-, +), (+, +) and (-, -) with three positions: the number of equal ones less that of others.
        Operation[] signs = [Build.Threshold(0, 5, 5), new AttentionScores(1, 1, 1, 0, 0)];
        Assert.Equal([2, 0, 0, 0, 2, -2, 0, -2, 2], Build.Run(Build.Bytes(2, 1, 3), [1, 9, 1, 9, 9, 1], (3, 1, 3), signs));
    }

    [Fact]
    public void Softmax_looks_up_how_far_a_score_is_below_the_largest()
    {
        byte[] table = [200, 100, 50];
        // Keys are channels: the scores 1 and 3 of the first query, 5 and 5 of the second, 20 and 0 of the third.
        byte[] scores = [1, 5, 20, 3, 5, 0];
        var softmax = new Softmax(0, new[] { 1 }, 1, table, default, 0);
        Assert.Equal([100, 200, 200, 200, 200, 50], Build.Run(Build.Bytes(2, 1, 3), scores, (2, 1, 3), softmax));
        // 3 e >= 2 sum: two thirds of the sum are enough.
        Softmax threshold = softmax with
        {
            Thresholds = new[] { 3 },
            ThresholdShift = 1,
        };
        Assert.Equal([0, 0, 1, 1, 0, 0], Build.Run(Build.Bytes(2, 1, 3), scores, (2, 1, 3), threshold));
        // Each head has its own multiplier.
        Softmax heads = softmax with
        {
            Multipliers = new[] { 0, 2 },
        };
        Assert.Equal([200, 200, 200, 200], Build.Run(Build.Bytes(4, 1, 1), [9, 0, 7, 7], (4, 1, 1), heads));
        Assert.Equal([200, 200, 100, 200], Build.Run(Build.Bytes(4, 1, 1), [9, 0, 6, 7], (4, 1, 1), heads));
    }

    [Fact]
    public void Weights_of_one_bit_choose_the_values_that_are_added()
    {
        var input = new ModelInput(2, 1, 2, 1, 1);
        Operation[] codes = [new MaxPool(0, 1, 1), new AttentionSum(0, 1, 1)];
        Assert.Equal([1, 0, 2, 1], Build.Run(input, [1, 0, 1, 1], (2, 1, 2), codes));
        Operation[] signs = [Build.Threshold(0, 1, 1), new AttentionSum(0, 1, 1)];
        Assert.Equal([0, -1, 2, 1], Build.Run(input, [1, 0, 1, 1], (2, 1, 2), signs));
    }

    [Fact]
    public void A_mean_is_rounded_half_up()
    {
        // Weights (1, 2) and (3, 1): 7/3, 4/3 and 6/4, 7/4 in halves.
        Operation[] halves = [new MaxPool(0, 1, 1), new AttentionMean(0, 1, 1, 1)];
        Assert.Equal([5, 3, 3, 4], Build.Run(Build.Bytes(2, 1, 2), [1, 3, 2, 1], (2, 1, 2), halves));
        // Values (-1, -1) and (-1, +1), weights (1, 2) and (1, 3): -1, -1 and 1/3, 1/2.
        Operation[] signs = [Build.Threshold(0, 9, 3), new AttentionMean(0, 1, 1, 0)];
        Assert.Equal([-1, -1, 0, 1], Build.Run(Build.Bytes(2, 1, 2), [1, 1, 2, 3], (2, 1, 2), signs));
        // No weight at all.
        Operation[] one = [Build.Threshold(0, 9), new AttentionMean(0, 1, 1, 0)];
        Assert.Equal([0], Build.Run(Build.Bytes(1, 1, 1), [0], (1, 1, 1), one));
        Assert.Equal([-1], Build.Run(Build.Bytes(1, 1, 1), [5], (1, 1, 1), one));
    }

    [Fact]
    public void A_positional_embedding_adds_one_of_two_numbers()
    {
        byte[] signs = Build.Signs("+- -+");
        var embedding = new PositionalEmbedding(0, signs, new[] { 10, -100 });
        Assert.Equal([11, -8, 103, -96], Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (2, 1, 2), embedding));
    }
}
