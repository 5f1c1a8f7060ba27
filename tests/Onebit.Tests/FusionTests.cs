namespace Onebit.Tests;

/// <summary>Which operations run as one, and how long their values are stored.</summary>
public class FusionTests
{
    private static readonly Requantize s_requantize = new(-1, Build.Repeat(1, 4), new long[4], 9, 8);

    [Fact]
    public void A_layer_ends_with_pooling_and_one_epilogue()
    {
        BitModel model = Chain(new MaxPool(1, 2, 2), s_requantize with { Input = 2 });
        IReadOnlyList<FusedLayer> layers = FusedLayer.ListOf(model.Operations, model.Values);
        Assert.Equal([3, 2], layers.Select(layer => layer.Operations.Count));
        Assert.Equal([0, 3], layers.Select(layer => layer.First));
        Assert.Equal([3, 5], layers.Select(layer => layer.Output));
        FusedLinear convolution = Assert.IsType<FusedLinear>(layers[0]),
            dense = Assert.IsType<FusedLinear>(layers[1]);
        Assert.Same(model.Operations[0], convolution.Linear);
        Assert.Same(model.Operations[1], convolution.Pool);
        Assert.Same(model.Operations[2], convolution.Epilogue);
        Assert.Equal(model.Values[0], convolution.Source);
        Assert.Equal(model.Values[3], convolution.Result);
        Assert.Equal(9, convolution.FanIn);
        Assert.False(convolution.IsDense);
        Assert.Null(dense.Pool);
        Assert.IsType<Scores>(dense.Epilogue);
        Assert.True(dense.IsDense);
    }

    [Fact]
    public void Every_element_by_element_operation_ends_a_layer()
    {
        int[] four = Build.Repeat(1, 4);
        long[] zeros = new long[4];
        Operation[] epilogues =
        [
            Build.Threshold(1, four),
            new Quantize(1, 1, four, new bool[4]),
            s_requantize with
            {
                Input = 1,
            },
            s_requantize with
            {
                Input = 1,
                OutputBits = 16,
            },
            new PiecewiseLinear(1, four, four, zeros, four, zeros, 0),
        ];
        foreach (Operation epilogue in epilogues)
        {
            var builder = new ModelBuilder(Build.Bytes(1, 6, 6));
            builder.Append(Convolution(0, 1));
            builder.Append(epilogue);
            FusedLayer layer = Assert.Single(FusedLayer.ListOf([Convolution(0, 1), epilogue], builder.Values));
            Assert.Same(epilogue, ((FusedLinear)layer).Epilogue);
        }
    }

    [Fact]
    public void What_follows_a_pooled_epilogue_is_a_layer_of_its_own()
    {
        BitModel model = Chain(s_requantize with { Input = 1 }, new MaxPool(2, 2, 2));
        IReadOnlyList<FusedLayer> layers = FusedLayer.ListOf(model.Operations, model.Values);
        Assert.Equal([2, 1, 2], layers.Select(layer => layer.Operations.Count));
        Assert.IsNotType<FusedLinear>(layers[1]);
    }

    [Fact]
    public void Values_with_several_readers_are_stored_until_the_last_one_is_done()
    {
        // A residual path around the second layer. Its sums have two readers, and so does the input.
        Operation[] operations =
        [
            Convolution(0, 1), // value 1
            Build.Threshold(1, new int[4]),
            Convolution(2, 4) with
            {
                Padding = 1,
            }, // value 3
            new Add(3, 1),
            Build.Threshold(4, new int[4]),
            Build.Dense(5, 2, 4, 4, new string('+', 2 * 64)),
            Build.Scores(6, 2),
        ];
        var model = new BitModel(Build.Bytes(1, 6, 6), operations);
        IReadOnlyList<FusedLayer> layers = FusedLayer.ListOf(model.Operations, model.Values);
        Assert.Equal([1, 2, 3, 4, 5, 7], layers.Select(layer => layer.Output));
        Assert.Equal([1, 4, 3, 4, 5, 7, 7, 0], ValueLifetimes.LastUses(model.Operations, layers));
    }

    [Fact]
    public void A_value_that_is_not_stored_needs_its_inputs_until_its_readers_run()
    {
        // Values 1 and 2 run with the dense layer, which gives value 3.
        BitModel model = Chain(new MaxPool(1, 2, 2), s_requantize with { Input = 2 });
        Assert.Equal([4, 4, 4, 4, 5, 0], ValueLifetimes.LastUses(model.Operations, [true, false, false, false, true, true]));
    }

    private static Linear Convolution(int input, int channels) =>
        new(input, 4, 3, 3, 1, 0, 1, Build.Weights(new Random(1), 4 * 9 * channels));

    /// <summary>A convolution, two operations, and a dense layer that gives the scores.</summary>
    private static BitModel Chain(Operation one, Operation other) =>
        new(Build.Bytes(1, 6, 6), [Convolution(0, 1), one, other, Build.Dense(3, 2, 2, 2, new string('+', 2 * 16)), Build.Scores(4, 2)]);
}
