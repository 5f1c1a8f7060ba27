using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>What the numbers of single layers are, in codes, signs and floats.</summary>
public class LayerTests
{
    [Fact]
    public void A_normalization_counts_in_codes_but_for_the_last()
    {
        using var scope = NewDisposeScope();
        const string Layers = """[{ "type": "batchNorm" }, { "type": "activation" }, { "type": "dense" }, { "type": "batchNorm" }]""";
        using Network network = Networks.Create(Layers, new BinaryConnect(), (1, 1, 1), 2);
        using Network real = Networks.Create(Layers, new Float32(), (1, 1, 1), 2);
        foreach (BatchNormModule norm in network.BatchNormModules.Concat(real.BatchNormModules))
        {
            norm.eval();
            using var _ = no_grad();
            norm.Gamma.fill_(-2);
            norm.Beta.fill_(1);
            norm.Mean.fill_(3);
            norm.Variance.fill_(4);
        }
        // -2 * (7 - 3) / 2 + 1 = -3, 32 codes to one.
        Assert.Equal(-96, network.Nodes[0].Forward(full([1, 1, 1, 1], 7f)).ToSingle(), 1e-3);
        Assert.Equal(-3, network.Nodes[3].Forward(full([1, 2], 7f))[0, 0].ToSingle(), 1e-4);
        Assert.Equal(-3, real.Nodes[0].Forward(full([1, 1, 1, 1], 7f)).ToSingle(), 1e-4);
    }

    [Fact]
    public void An_activation_is_the_methods()
    {
        using var scope = NewDisposeScope();
        float[] Activated(Method method, int? bits)
        {
            using Network network = Networks.Create(
                """[{ "type": "activation" }, { "type": "dense" }]""",
                method,
                (1, 1, 6),
                2,
                activationBits: bits
            );
            return network.Nodes[0].Forward(tensor(new[] { -300, -0.1f, 0, 0.1f, 31.8f, 300 })).data<float>().ToArray();
        }

        Assert.Equal([0, 0, 0, 0.1f, 31.8f, 300], Activated(new Float32(), null));
        Assert.Equal([0, 0, 0, 0, 32, 255], Activated(new BinaryConnect(), null));
        Assert.Equal([0, 0, 0, 0, 32, 255], Activated(new BinaryConnectStochastic(), null));
        Assert.Equal([-1, -1, 1, 1, 1, 1], Activated(new BinaryNet(), null));
        Assert.Equal([-1, -1, 1, 1, 1, 1], Activated(new BinaryConnect(), 1));
        Assert.Equal([0, 0, 0, 0.1f, 31.8f, 300], Activated(new BinaryConnect(), 32));
    }

    [Fact]
    public void Gelu_counts_in_whole_codes_where_the_network_binarizes()
    {
        using var scope = NewDisposeScope();
        float[] Activated(Method method, float[] numbers, Tensor? gradient = null)
        {
            using Network network = Networks.Create("""[{ "type": "gelu" }, { "type": "dense" }]""", method, (1, 1, 4), 2);
            Tensor x = tensor(numbers).requires_grad_();
            Tensor y = network.Nodes[0].Forward(x);
            y.sum().backward();
            gradient?.copy_(x.grad!);
            return y.data<float>().ToArray();
        }

        // 32 codes to one: gelu(-4) = -0.0001, gelu(-0.75) = -0.16997, gelu(1) = 0.84134, gelu(127 / 32) = 3.96861.
        Tensor slopes = zeros(4);
        Assert.Equal([0, -5, 27, 127], Activated(new BinaryConnect(), [-1000, -24.4f, 31.6f, 1000], slopes));
        Assert.Equal([0, 0], new[] { slopes[0].ToSingle(), slopes[3].ToSingle() });
        Assert.Equal(1.08f, slopes[2].ToSingle(), 0.01);
        float[] real = Activated(new Float32(), [-4, -0.75f, 1, 3.96875f]);
        Assert.Equal(
            [-0.0001f, -0.16997f, 0.84134f, 3.96861f],
            real.Select(v => MathF.Round(v, 5)).Select((v, i) => i == 0 ? MathF.Round(v, 4) : v)
        );
    }

    [Fact]
    public void Attention_is_the_softmax_of_products_times_values()
    {
        using var scope = NewDisposeScope();
        // Two heads of two channels, three positions; queries, keys and values are the image itself.
        const string Layers = """
            [
              { "type": "quantize", "name": "x" }, { "type": "attention", "heads": 2, "from": ["x", "x", "x"] },
              { "type": "conv", "filters": 2, "kernel": 1 },
              { "type": "averagePool", "size": 1 }, { "type": "dense" }
            ]
            """;
        using Network network = Networks.Create(Layers, new Float32(), (4, 1, 3), 2);
        Tensor x = randn(2, 4, 1, 3);
        Tensor given = network.Nodes[1].Forward(x, x, x);
        for (int head = 0; head < 2; head++)
        {
            Tensor own = x.narrow(1, 2 * head, 2).flatten(2);
            Tensor weights = (own.transpose(1, 2).matmul(own) / Math.Sqrt(2)).softmax(2);
            Tensor expected = own.matmul(weights.transpose(1, 2)).unsqueeze(2);
            Assert.True(given.narrow(1, 2 * head, 2).allclose(expected, atol: 1e-5));
        }

        // Each of 3 x 3 pairs of positions takes four channels twice.
        Assert.Equal(72, network.Nodes[1].Module.MultiplyAccumulates([new(4, 1, 3), new(4, 1, 3), new(4, 1, 3)], new(4, 1, 3)));
    }

    [Fact]
    public void Numbers_of_both_signs_are_quantized_to_codes_or_signs()
    {
        using var scope = NewDisposeScope();
        float[] Quantized(Method method, int? bits = null)
        {
            using Network network = Networks.Create(
                """[{ "type": "quantize" }, { "type": "dense" }]""",
                method,
                (1, 1, 6),
                2,
                activationBits: bits
            );
            return network.Nodes[0].Forward(tensor(new[] { -300, -0.6f, -0.4f, 0.5f, 31.8f, 300 }, [1, 1, 1, 6])).data<float>().ToArray();
        }

        Assert.Equal([-300, -0.6f, -0.4f, 0.5f, 31.8f, 300], Quantized(new Float32()));
        Assert.Equal([-128, -1, 0, 1, 32, 127], Quantized(new BinaryConnect()));
        Assert.Equal([-1, -1, -1, 1, 1, 1], Quantized(new BinaryNet()));
        // Four levels from -1 to 1.
        Assert.Equal([-1, -0.3333f, -0.3333f, 0.3333f, 1, 1], Quantized(new Bit(), 2).Select(v => MathF.Round(v, 4)));
    }

    [Fact]
    public void A_positional_embedding_has_one_bit_and_a_size_per_channel()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """[{ "type": "positionalEmbedding" }, { "type": "quantize" }, { "type": "dense" }]""",
            new Bit(),
            (2, 1, 2),
            2
        );
        using (no_grad())
        {
            network.get_parameter("layers.0.weight")!.copy_(tensor(new float[] { -0.5f, 0.1f, 0, -3 }, [2, 1, 2]));
            network.get_parameter("layers.0.size")!.copy_(tensor(new[] { 0.5f, 1.01f }));
        }

        Tensor sum = network.Nodes[0].Forward(tensor(new float[] { 1, 1.4f, 10, 10 }, [1, 2, 1, 2]));
        // 16 and 32 codes.
        Assert.Equal([-15, 17, 42, -22], sum.data<float>().ToArray());
    }

    [Fact]
    public void Layer_normalization_is_over_the_channels_of_a_position()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create("""[{ "type": "layerNorm" }, { "type": "dense" }]""", new Float32(), (3, 1, 2), 2);
        Tensor x = tensor(new float[] { 1, 5, 2, 5, 3, 5 }, [1, 3, 1, 2]);
        Assert.Equal(
            [-1.2247f, 0, 0, 0, 1.2247f, 0],
            network.Nodes[0].Forward(x).contiguous().data<float>().ToArray().Select(v => MathF.Round(v, 4))
        );
        using Network binarized = Networks.Create(
            """[{ "type": "layerNorm" }, { "type": "quantize" }, { "type": "dense" }]""",
            new Bit(),
            (3, 1, 2),
            2
        );
        Assert.Contains("use batchNorm", Assert.Throws<PackingException>(() => Packer.Pack(binarized)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_gradient_of_a_sign_passes_from_minus_one_to_one_which_is_32_codes()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create("""[{ "type": "activation" }, { "type": "dense" }]""", new BinaryNet(), (1, 1, 4), 2);
        Tensor x = tensor(new float[] { -33, -32, 32, 33 }).requires_grad_();
        network.Nodes[0].Forward(x).sum().backward();
        Assert.Equal([0, 1 / 32f, 1 / 32f, 0], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void A_network_of_full_precision_has_float_activations_whatever_is_asked_for()
    {
        using Network network = Networks.Create(
            """[{ "type": "activation" }, { "type": "dense" }]""",
            new Float32(),
            (1, 1, 6),
            2,
            activationBits: 8
        );
        Assert.Equal(32, network.ActivationBits);
    }

    [Fact]
    public void Average_pooling_of_integers_is_their_sum()
    {
        using var scope = NewDisposeScope();
        float Pooled(Method method, int? bits = null)
        {
            using Network network = Networks.Create(
                """[{ "type": "averagePool" }, { "type": "dense" }]""",
                method,
                (1, 2, 2),
                2,
                activationBits: bits
            );
            return network.Nodes[0].Forward(tensor(new float[] { 1, 2, 3, 8 }, [1, 1, 2, 2])).ToSingle();
        }

        Assert.Equal(14, Pooled(new BinaryConnect()));
        Assert.Equal(3.5f, Pooled(new Float32()));
        Assert.Equal(3.5f, Pooled(new BinaryConnect(), bits: 32));
    }

    [Fact]
    public void A_residual_path_counts_in_whole_codes()
    {
        using var scope = NewDisposeScope();
        float[] Sums(Method method, int? bits = null)
        {
            using Network network = Networks.Create(
                """
                [
                  { "type": "activation", "name": "a" }, { "type": "batchNorm", "name": "b" }, { "type": "add", "from": ["b", "a"] },
                  { "type": "dense" }
                ]
                """,
                method,
                (1, 1, 2),
                2,
                activationBits: bits
            );
            network.eval();
            network.BatchNormModules.Single().Beta.data<float>()[0] = 0.3f;
            Tensor activated = network.Nodes[0].Forward(tensor(new float[] { -5, 5 }, [1, 1, 1, 2]));
            return network.Nodes[2].Forward(network.Nodes[1].Forward(activated), activated).data<float>().ToArray();
        }

        // Signs: 32 * (-1 + 0.3) = -22.4 and 32 * (1 + 0.3) = 41.6, whole, and the signs themselves as 32 codes each.
        Assert.Equal([-22 - 32, 42 + 32], Sums(new BinaryNet()));
        // Codes: 32 * 0.3 = 9.6 and 32 * 5.3 = 169.6.
        Assert.Equal([10 + 0, 170 + 5], Sums(new BinaryConnect()));
        Assert.Equal([0.3f, 5.3f + 5], Sums(new Float32()), (expected, actual) => Math.Abs(expected - actual) < 1e-3);
    }

    [Fact]
    public void Positions_outside_hold_minus_1_where_the_input_holds_signs_and_0_elsewhere()
    {
        using var scope = NewDisposeScope();
        const string Conv = """{ "type": "conv", "filters": 1, "kernel": 3, "padding": 1 }, { "type": "dense" }]""";
        float[] latent = [0.1f, -0.2f, 0.3f, 0.4f, -0.5f, -0.6f, -0.7f, -0.8f, -0.9f];
        float Sum(string before, float x, Method method)
        {
            using Network network = Networks.Create(before + Conv, method, (1, 1, 1), 2);
            using var _ = no_grad();
            NetworkNode layer = network.Nodes.First(n => n.Module is WeightModule);
            ((WeightModule)layer.Module).Weight.copy_(tensor(latent, [1, 1, 3, 3]));
            return layer.Forward(full([1, 1, 1, 1], x)).ToSingle();
        }

        // Around the middle, -1, are three weights of +1 and five of -1.
        Assert.Equal(-1 * 1 - (3 - 5), Sum("""[{ "type": "activation" },""", 1, new BinaryNet()));
        Assert.Equal(1 - (3 - 5), Sum("""[{ "type": "activation" }, { "type": "maxPool", "size": 1 },""", -1, new BinaryNet()));
        Assert.Equal(-7, Sum("""[{ "type": "activation" },""", 7, new BinaryConnect()));
        Assert.Equal(-7, Sum("[", 7, new BinaryNet()));
        Assert.Equal(-3.5f, Sum("""[{ "type": "activation" },""", 7, new Float32()));
    }

    [Fact]
    public void Sums_can_be_divided_by_the_root_of_the_fan_in()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """[{ "type": "dense", "divideByRootFanIn": true, "bias": true }]""",
            new BinaryConnect(),
            (1, 2, 2),
            2,
            zeroInit: true
        );
        network.WeightModules.Single().Bias!.data<float>()[0] = 0.5f;
        Assert.Equal(10.5f / 2, network.forward(tensor(new float[] { 1, 2, 3, 4 }, [1, 1, 2, 2]))[0, 0].ToSingle(), 1e-5);
    }
}
