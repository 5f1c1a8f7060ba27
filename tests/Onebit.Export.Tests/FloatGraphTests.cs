using CsCheck;
using Onebit.Study;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>The same list of layers on ONNX Runtime (by way of the ONNX file), libtorch and plain C#.</summary>
public class FloatGraphTests
{
    [Fact]
    public void Any_model_s_graph_gives_the_same_logits_on_ONNX_Runtime_and_libtorch() =>
        Gen.Int.Sample(
            seed =>
            {
                var random = new Random(seed);
                BitModel model = WithoutSlices(random);
                FloatGraph graph = FloatGraph.Of(model);
                Assert.Equal(model.ClassCount, graph.OutputCount);
                Compare(graph, random);
            },
            iter: 150,
            threads: 1
        );

    [Fact]
    public void Convolutions_with_stride_padding_and_groups_pooling_and_a_residual_path_agree()
    {
        var random = new Random(3);
        FloatGraph graph = Residual(random);
        Assert.Equal(
            ["Linear", "Relu", "Linear", "Add", "Relu", "MaxPool", "AveragePool", "Linear", "Relu", "Linear", "Add", "Relu", "Linear"],
            graph.Nodes.Select(l => l.GetType().Name)
        );
        Compare(graph, random);
    }

    [Fact]
    public void Planes_of_weights_and_activations_are_one_layer_of_the_graph()
    {
        // Two planes of weights on two planes of codes, and the sum of all inputs that levels with an offset need.
        var random = new Random(8);
        Linear one = new(2, 6, 3, 3, 1, 0, 1, Build.Weights(random, 6 * 4 * 9)),
            two = one with { Weights = Build.Weights(random, 6 * 4 * 9) };
        FloatGraph graph = FloatGraph.Of(
            new BitModel(
                new ModelInput(4, 5, 5, 8, 0),
                [
                    new Quantize(0, 2, Enumerable.Range(0, 12).Select(i => 60 * (i % 3 + 1)).ToArray(), new bool[4]),
                    new BitPlane(1, 0),
                    new BitPlane(1, 1),
                    one,
                    two,
                    one with
                    {
                        Input = 3,
                    },
                    two with
                    {
                        Input = 3,
                    },
                    new Linear(2, 1, 3, 3, 1, 0, 1, Build.Signs(new string('+', 36))),
                    new WeightedSum(new[] { 4, 5, 6, 7, 8 }, Build.Repeat(1, 30)),
                    new PiecewiseLinear(9, new int[6], Build.Repeat(1, 6), new long[6], Build.Repeat(4, 6), new long[6], 2),
                    new Threshold(10, new int[6], new bool[6]),
                    new Linear(11, 3, 3, 3, 1, 0, 1, Build.Weights(random, 3 * 54)),
                    Build.Scores(12, 3),
                ]
            )
        );
        Assert.Equal(["Relu", "Linear", "Relu", "Relu", "Linear"], graph.Nodes.Select(l => l.GetType().Name));
        Compare(graph, random);
    }

    [Fact]
    public void Branches_up_sampling_and_GELU_agree()
    {
        var graph = new FloatGraphBuilder(new Shape(2, 4, 6));
        int half = graph.Gelu(graph.Linear(0, 3, 2, 2, 2, 0, 1));
        int joined = graph.Concat([graph.Upsample(half), 0]);
        Compare(graph.Build(graph.Linear(graph.Gelu(joined), 4, 4, 6, 1, 0, 1)), new Random(9));
    }

    [Fact]
    public void Attention_and_layer_normalization_agree()
    {
        var graph = new FloatGraphBuilder(new Shape(6, 3, 4));
        int tokens = graph.LayerNorm(graph.PositionalEmbedding(0));
        int[] parts = [.. Enumerable.Range(0, 3).Select(_ => graph.Linear(tokens, 6, 1, 1, 1, 0, 1))];
        int scores = graph.AttentionScores(parts[0], parts[1], 3);
        Assert.Equal(new Shape(36, 3, 4), graph.Values[scores]);
        int mixed = graph.AttentionSum(graph.Softmax(scores, 3), parts[2], 3);
        FloatGraph built = graph.Build(graph.Linear(graph.Add(mixed, 0), 4, 3, 4, 1, 0, 1));
        // Three layers of 6 x 6 weights and 12 positions, 12 x 12 scores of 6 channels and as much for the sums, the last layer.
        Assert.Equal(3 * 36 * 12 + 2 * 144 * 6 + 4 * 72, built.MultiplyAccumulates);
        Compare(built, new Random(9));
    }

    [Fact]
    public void Attention_reads_a_dense_layer_s_output_as_one_token()
    {
        var graph = new FloatGraphBuilder(new Shape(2, 3, 4));
        int[] parts = [.. Enumerable.Range(0, 3).Select(_ => graph.Linear(0, 6, 3, 4, 1, 0, 1))];
        int mixed = graph.AttentionSum(graph.Softmax(graph.AttentionScores(parts[0], parts[1], 2), 2), parts[2], 2);
        Compare(graph.Build(mixed), new Random(10));
    }

    [Fact]
    public void A_dense_graph_gives_the_same_logits_in_plain_CSharp_too()
    {
        FloatGraph graph = FloatGraph.Of(Build.Mlp(new Random(4)));
        Assert.True(graph.IsDense);
        Compare(graph, new Random(5));
    }

    [Fact]
    public void Values_neither_vanish_nor_explode_in_a_deep_network()
    {
        var builder = new FloatGraphBuilder(new Shape(256, 1, 1));
        int value = 0;
        for (int i = 0; i < 30; i++)
        {
            value = builder.Relu(builder.Linear(value, 256, 1, 1, 1, 0, 1));
        }

        using var plain = new PlainBackend(builder.Build(value));
        byte[] pixels = new byte[256];
        new Random(6).NextBytes(pixels);
        Assert.InRange(plain.Logits(pixels, 1).ToArray().Max(), 0.01f, 100f);
    }

    [Fact]
    public void Bytes_become_floats_of_0_to_1_at_every_length()
    {
        for (int length = 0; length < 300; length++)
        {
            byte[] pixels = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
            float[] values = new float[length];
            FloatBackend.ToFloats(pixels, values);
            Assert.Equal(pixels.Select(p => p * (1f / 255)), values);
        }
    }

    [Fact]
    public void Any_model_s_int8_graph_runs_on_ONNX_Runtime() =>
        Gen.Int.Sample(
            seed =>
            {
                var random = new Random(seed);
                FloatGraph graph = FloatGraph.Of(WithoutSlices(random));
                using var int8 = new OnnxRuntimeBackend(Int8OnnxWriter.Write(graph));
                byte[] images = new byte[3 * graph.Values[0].Count];
                Assert.Equal(3 * graph.OutputCount, int8.Logits(images, 3).Length);
            },
            iter: 100,
            threads: 1
        );

    /// <summary>Only diffusion models take an image from a longer value.</summary>
    private static BitModel WithoutSlices(Random random)
    {
        BitModel model;
        do
        {
            model = RandomModels.Create(random);
        } while (model.Operations.Any(o => o is Slice));

        return model;
    }

    [Fact]
    public void A_node_without_a_form_of_8_bits_runs_in_float32_between_two_conversions()
    {
        var random = new Random(12);
        var builder = new FloatGraphBuilder(new Shape(2, 4, 6));
        int half = builder.Gelu(builder.Linear(0, 3, 2, 2, 2, 0, 1));
        int joined = builder.Concat([builder.Upsample(half), 0]);
        FloatGraph graph = builder.Build(builder.Linear(joined, 4, 4, 6, 1, 0, 1));
        RequireSmallNoise(graph, random);
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("residual")]
    public void An_int8_graph_s_logits_are_those_of_float32_but_for_quantization(string network)
    {
        var random = new Random(7);
        RequireSmallNoise(network == "dense" ? FloatGraph.Of(Build.Mlp(random)) : Residual(random), random);
    }

    private static void RequireSmallNoise(FloatGraph graph, Random random)
    {
        using var single = new OnnxRuntimeBackend(FloatOnnxWriter.Write(graph));
        using var int8 = new OnnxRuntimeBackend(Int8OnnxWriter.Write(graph));
        byte[] images = new byte[20 * graph.Values[0].Count];
        random.NextBytes(images);
        for (int i = 0; i < images.Length; i++)
        {
            images[i] /= 3; // About as bright as digits.
        }

        float[] expected = single.Logits(images, 20).ToArray(),
            logits = int8.Logits(images, 20).ToArray();
        double signal = expected.Sum(v => (double)v * v),
            noise = expected.Zip(logits).Sum(p => Math.Pow(p.First - p.Second, 2));
        Assert.InRange(noise / signal, 1e-9, 0.02);
    }

    private static FloatGraph Residual(Random random) =>
        FloatGraph.Of(
            new BitModel(
                new ModelInput(3, 17, 15, 8, 0),
                [
                    new Linear(0, 8, 3, 5, 2, 2, 1, Build.Weights(random, 8 * 3 * 15)), // 8 x 10 x 8
                    new Requantize(1, Build.Repeat(1, 8), new long[8], 2, 8),
                    new Linear(2, 8, 3, 3, 1, 1, 4, Build.Weights(random, 8 * 2 * 9)),
                    new Requantize(3, Build.Repeat(1, 8), new long[8], 2, 16),
                    new Add(4, 2),
                    new Requantize(5, Build.Repeat(1, 8), new long[8], 0, 8),
                    new MaxPool(6, 3, 2), // 8 x 4 x 3
                    new SumPool(7, 2, 1), // 8 x 3 x 2
                    new Linear(8, 16, 3, 2, 1, 0, 1, Build.Weights(random, 16 * 48)),
                    new Requantize(9, Build.Repeat(1, 16), new long[16], 0, 8),
                    new Linear(10, 16, 1, 1, 1, 0, 1, Build.Weights(random, 16 * 16)),
                    new Add(11, 10),
                    new Requantize(12, Build.Repeat(1, 16), new long[16], 0, 8),
                    new Linear(13, 5, 1, 1, 1, 0, 1, Build.Weights(random, 5 * 16)),
                    Build.Scores(14, 5),
                ]
            )
        );

    private static void Compare(FloatGraph graph, Random random)
    {
        using var onnx = new OnnxRuntimeBackend(FloatOnnxWriter.Write(graph));
        using var torch = new TorchBackend(graph);
        using var plain = graph.IsDense ? new PlainBackend(graph) : null;
        // Batches of different sizes one after another: buffers are kept between calls.
        foreach (int count in new[] { 1, 19, 3 })
        {
            byte[] images = new byte[count * graph.Values[0].Count];
            random.NextBytes(images);
            float[] expected = onnx.Logits(images, count).ToArray();
            Assert.Equal(count * graph.OutputCount, expected.Length);
            float scale = expected.Max(MathF.Abs);
            Assert.True(scale > 0);
            foreach (FloatBackend other in new FloatBackend?[] { torch, plain }.OfType<FloatBackend>())
            {
                float[] logits = other.Logits(images, count).ToArray();
                Assert.All(expected.Zip(logits), pair => Assert.InRange(pair.Second - pair.First, -1e-4f * scale, 1e-4f * scale));
            }
        }
    }
}
