using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public class NetworkTests
{
    [Fact]
    public void Values_that_are_not_asked_for_are_freed()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = Networks.Create(
            """
            [{ "type": "identity", "name": "x" }, { "type": "batchNorm" }, { "type": "activation", "name": "a" },
             { "type": "add", "from": ["a", "x"], "name": "y" }, { "type": "dense" }]
            """,
            new BinaryNet(),
            (2, 3, 3),
            2
        );
        network.eval();
        Tensor x = randn(4, 2, 3, 3);
        Tensor[] all = network.Trace(x),
            some = network.Trace(x, ["y"]);
        Assert.Equal([0, 4, 5], Enumerable.Range(0, some.Length).Where(i => some[i] is not null));
        Assert.All([0, 4, 5], i => Assert.True(some[i].eq(all[i]).all().item<bool>()));
        Assert.True(x.isfinite().all().item<bool>()); // Layers that give what they read do not free it.
    }

    [Theory]
    [InlineData("logistic", 7_840, 2 * 10, 7_840)]
    [InlineData("mlp", 784 * 128 + 128 * 128 + 128 * 10, 2 * (128 + 128 + 10), 784 * 128 + 128 * 128 + 128 * 10)]
    [InlineData("cnn", 20 * 25 + 50 * 500 + 64 * 800 + 640, 2 * (20 + 50 + 64 + 10), 20 * 25 * 24 * 24 + 50 * 500 * 8 * 8 + 64 * 800 + 640)]
    [InlineData(
        "residual",
        16 * 25 + 2 * 16 * 144 + 32 * 144 + 2 * 32 * 288 + 10 * 32 * 4,
        2 * (3 * 16 + 3 * 32 + 32 + 10),
        16 * 25 * 24 * 24 + (2 * 16 * 144 + 32 * 144) * 12 * 12 + 2 * 32 * 288 * 6 * 6 + 10 * 32 * 4
    )]
    public void Parameters_of_the_shipped_networks(string name, long binary, long others, long multiplyAccumulates)
    {
        NetworkSpec spec = Networks.Shipped(name);
        Assert.Equal(name, spec.Name);
        using Network network = new(spec, new BinaryNet(), new(1, 28, 28), 10, PixelEncoding.Bytes);
        Assert.Equal(binary, network.BinaryParameterCount);
        Assert.Equal(binary + others, network.ParameterCount);
        Assert.Equal(multiplyAccumulates, network.MultiplyAccumulates);
        using Network real = new(spec, new Float32(), new(1, 28, 28), 10, PixelEncoding.Normalized);
        Assert.Equal(0, real.BinaryParameterCount);
        Assert.Equal(network.ParameterCount, real.ParameterCount);
        Assert.Equal(network.MultiplyAccumulates, real.MultiplyAccumulates);
    }

    public static TheoryData<PixelEncoding> Encodings => [.. Enum.GetValues<PixelEncoding>()];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void The_metadata_of_weights_says_what_the_network_reads(PixelEncoding encoding)
    {
        using var scope = NewDisposeScope();
        var network = new Network(Networks.Shipped("mlp"), new BinaryNet(), new(1, 28, 28), 10, encoding, pixelStatistics: (33.25, 78.5));
        Dictionary<string, string> metadata = network.Metadata;
        Tensor bytes = arange(256, ScalarType.Byte),
            numbers = bytes.to(ScalarType.Float32);
        Tensor read = metadata.ContainsKey("pixelThreshold")
            ? numbers.ge(Number("pixelThreshold")).to(ScalarType.Float32)
            : (numbers - Number("pixelMean")) / Number("pixelDeviation");
        Assert.True((metadata["pixels"] == "signs" ? 2 * read - 1 : read).allclose(network.Prepare(bytes)));
        Assert.Equal((1e-5, "binarynet"), (Number("batchNormEpsilon"), metadata["method"]));
        Assert.All(network.BatchNormModules.SkipLast(1), module => Assert.Equal(module.CodesPerOne, Number("codesPerOne")));

        double Number(string name) => double.Parse(metadata[name], CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 7 }, { "type": "dense" }]""", "has a window of 7 on a side of 6")]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 6 }, { "type": "dense" }]""", "has a window of 6 on a side of 5")]
    [InlineData("""[{ "type": "conv", "filters": 0, "kernel": 1 }, { "type": "dense" }]""", "layer 1 (conv): it has 0 outputs")]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 0 }, { "type": "dense" }]""", "kernel 0")]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 1, "stride": 0 }, { "type": "dense" }]""", "stride 0")]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 1, "padding": -1 }, { "type": "dense" }]""", "padding -1")]
    [InlineData("""[{ "type": "conv", "filters": 2, "kernel": 1, "groups": 2 }, { "type": "dense" }]""", "groups 2 on 1 channels")]
    [InlineData(
        """
            [{ "type": "conv", "filters": 2, "kernel": 1 }, { "type": "conv", "filters": 3, "kernel": 1, "groups": 2 }, { "type": "dense" }]
            """,
        "groups 2 on 2 channels"
    )]
    [InlineData("""[{ "type": "dense", "units": -3 }, { "type": "dense" }]""", "-3")]
    [InlineData("""[{ "type": "dense", "units": 2000000000 }, { "type": "dense" }]""", "has 60000000000 weights; 1073741824 are the most")]
    [InlineData("""[{ "type": "maxPool", "size": 6 }, { "type": "dense" }]""", "has a window of 6 on a side of 5")]
    [InlineData("""[{ "type": "maxPool", "size": 0 }, { "type": "dense" }]""", "pools windows of 0")]
    [InlineData("""[{ "type": "maxPool", "size": 2, "stride": -1 }, { "type": "dense" }]""", "pools windows of 2 with stride -1")]
    [InlineData("""[{ "type": "averagePool" }, { "type": "dense" }]""", "averages a whole input of 6 x 5")]
    [InlineData("""[{ "type": "averagePool", "size": 2, "stride": -2 }, { "type": "dense" }]""", "stride -2")]
    [InlineData("""[{ "type": "dropout", "rate": 1 }, { "type": "dense" }]""", "has a rate of 1; it must be above 0 and below 1")]
    [InlineData("""[{ "type": "dropout", "rate": 0 }, { "type": "dense" }]""", "has a rate of 0")]
    [InlineData(
        """[{ "type": "conv", "name": "a", "filters": 2, "kernel": 1 }, { "type": "add", "from": ["a", "input"] }, { "type": "dense" }]""",
        "adds 2 x 6 x 5 and 1 x 6 x 5; both must have the same shape"
    )]
    [InlineData("""[{ "type": "dense", "units": 5 }]""", "ends with 5 x 1 x 1 values, but there are 3 classes")]
    [InlineData("""[{ "type": "activation" }]""", "ends with 1 x 6 x 5 values, but there are 3 classes")]
    public void Layers_that_do_not_fit_are_named_in_one_sentence(string layers, string problem)
    {
        string message = Assert.Throws<ExperimentException>(() => Networks.Create(layers, new BinaryNet(), (1, 6, 5), 3)).Message;
        Assert.StartsWith("The network 'n'", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Matches(@"^[^\n]*[^.]\.$", message);
    }

    [Theory]
    [InlineData("""[{ "type": "dense", "units": 4 }, { "type": "maxPool", "size": 1 }, { "type": "dense" }]""")]
    [InlineData("""[{ "type": "dense", "units": 4 }, { "type": "averagePool" }, { "type": "batchNorm" }, { "type": "dense" }]""")]
    [InlineData(
        """
            [{ "type": "dense", "units": 4 }, { "type": "conv", "filters": 6, "kernel": 3, "padding": 1, "groups": 2 }, { "type": "dense" }]
            """
    )]
    [InlineData(
        """
            [
              { "type": "dense", "units": 4, "name": "a" }, { "type": "conv", "filters": 4, "kernel": 3, "padding": 1, "name": "b" },
              { "type": "add", "from": ["b", "a"] }, { "type": "dense" }
            ]
            """
    )]
    [InlineData(
        """
            [
              { "type": "conv", "filters": 4, "kernel": 5 }, { "type": "maxPool", "size": 2, "name": "a" },
              { "type": "dense", "units": 4, "name": "b" }, { "type": "add", "from": ["b", "a"] }, { "type": "dense" }
            ]
            """
    )]
    [InlineData("""[{ "type": "conv", "filters": 3, "kernel": 6 }, { "type": "averagePool" }]""")]
    public void Dense_layers_and_convolutions_follow_each_other_in_any_order(string layers)
    {
        using var scope = NewDisposeScope();
        foreach (Method method in Method.All)
        {
            using Network network = Networks.Create(layers, method, (2, 6, 6), 3);
            Assert.Equal([5, 3], network.forward(network.Prepare(ones([5, 2, 6, 6], ScalarType.Byte))).shape);
        }
    }

    [Theory]
    [InlineData("residual", "bireal", 0)]
    [InlineData("residual-rprelu", "reactnet", 3)]
    [InlineData("residual-maxout", "adabin", 2)]
    public void All_of_a_residual_network_learns(string name, string method, int slopes)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = new(Networks.Shipped(name), Method.Named(method), new(1, 28, 28), 10, PixelEncoding.Bytes);
        Tensor logits = network.forward(network.Prepare(RandomNetworks.Images(network, new Random(1), 20)));
        nn.functional.cross_entropy(logits, arange(20) % 10).backward();
        Parameter[] learned = [.. network.parameters().Where(p => p.requires_grad)];
        Assert.All(learned, p => Assert.InRange(p.grad!.abs().max().ToSingle(), 1e-9, 1e9));
        // Two blocks of 16 channels, two of 32.
        Assert.Equal(
            slopes * 2 * (16 + 32),
            network.modules().OfType<PiecewiseLinearModule>().Sum(l => l.parameters().Sum(p => p.numel()))
        );
        network.eval();
        Assert.Equal(slopes == 0 ? 0 : 4, Packer.Pack(network).Operations.OfType<PiecewiseLinear>().Count());
    }

    [Theory]
    [InlineData("binarynet", null, 1)]
    [InlineData("binarynet", 1, 1)]
    [InlineData("binarynet", 32, 32)]
    [InlineData("float32", null, 32)]
    [InlineData("float32", 1, 32)] // No method makes bits of what has no binarizer.
    public void Weights_may_stay_real(string method, int? weightBits, int expected)
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """[{ "type": "dense", "bias": true }]""",
            Method.Named(method),
            (1, 1, 3),
            2,
            weightBits: weightBits
        );
        Assert.Equal((expected, expected == 1 ? 6 : 0), (network.WeightBits, network.BinaryParameterCount));
        Tensor x = tensor(new byte[] { 1, 2, 3 }, [1, 1, 1, 3], ScalarType.Byte);
        WeightModule layer = network.WeightModules.Single();
        Tensor weights = expected == 1 ? Binarizer.SignOf(layer.Weight) : layer.Weight;
        Assert.True(
            network
                .forward(network.Prepare(x))
                .allclose(nn.functional.linear(network.Prepare(x).flatten(1), weights.flatten(1), layer.Bias))
        );
    }

    [Fact]
    public void What_is_learned_is_named_once_and_what_is_not_is_not_saved()
    {
        string[] Names(string layers, Method method)
        {
            using Network network = Networks.Create(layers, method, (2, 1, 1), 2);
            Assert.Equal(network.parameters().Count(), network.named_parameters().Count(p => p.parameter.requires_grad));
            return [.. network.state_dict().Keys.Order(StringComparer.Ordinal)];
        }

        const string Layers = """[{ "type": "rprelu" }, { "type": "maxout" }, { "type": "activation" }, { "type": "dense" }]""";
        string[] slopes = ["layers.0.in", "layers.0.low", "layers.0.out", "layers.1.high", "layers.1.low"];
        Assert.Equal(
            [.. slopes, "layers.2.binarizer.center", "layers.2.binarizer.distance", "layers.3.weight"],
            Names(Layers, new AdaBin())
        );
        Assert.Equal(
            [.. slopes, "layers.2.binarizer.basis", "layers.3.binarizer.basis", "layers.3.binarizer.begun", "layers.3.weight"],
            Names(Layers, new LqNets())
        );
    }

    [Fact]
    public void Parameters_behind_residual_paths_are_counted_and_named_once()
    {
        using Network network = Networks.Create(
            """
            [
              { "type": "conv", "filters": 2, "kernel": 1 },
              { "type": "batchNorm", "name": "path" },
              { "type": "add", "name": "inner", "from": ["path", "input"] },
              { "type": "add", "from": ["inner", "input"] },
              { "type": "activation" },
              { "type": "dense" }
            ]
            """,
            new BinaryNet(),
            (2, 3, 3),
            3
        );
        Assert.Equal(2 * 2 + 2 * 9 * 3, network.BinaryParameterCount);
        Assert.Equal(2 * 2 + 2 * 9 * 3 + 2 * 2, network.ParameterCount);
        Assert.Equal(2 * 2 * 9 + 2 * 9 * 3, network.MultiplyAccumulates);
        Assert.Equal(
            new[]
            {
                "layers.0.weight",
                "layers.5.weight",
                "layers.path.beta",
                "layers.path.gamma",
                "layers.path.mean",
                "layers.path.variance",
            },
            network.state_dict().Keys.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(PixelEncoding.Bytes, 8, new float[] { 0, 1, 127, 128, 255 })]
    [InlineData(PixelEncoding.Bits, 1, new float[] { 0, 0, 0, 1, 1 })]
    [InlineData(PixelEncoding.Bits, 1, new float[] { 0, 0, 1, 1, 1 }, 127)]
    [InlineData(PixelEncoding.Signs, 1, new float[] { -1, 1, 1, 1, 1 })]
    [InlineData(PixelEncoding.Signs, 1, new float[] { -1, -1, -1, 1, 1 }, 128)]
    [InlineData(PixelEncoding.Unit, 32, new[] { 0, 1 / 255f, 127 / 255f, 128 / 255f, 1 })]
    [InlineData(PixelEncoding.Centered, 32, new[] { -0.5f, 1 / 255f - 0.5f, 127 / 255f - 0.5f, 128 / 255f - 0.5f, 0.5f })]
    [InlineData(PixelEncoding.Normalized, 32, new[] { -2, -1.98f, 0.54f, 0.56f, 3.1f })]
    public void Pixels_as_networks_see_them(PixelEncoding encoding, int bits, float[] expected, int? threshold = null)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(
            new NetworkSpec("n", [new DenseLayer()]),
            new Float32(),
            new Shape(1, 1, 5),
            2,
            encoding,
            pixelStatistics: (100, 50),
            pixelThreshold: (byte?)threshold
        );
        Assert.Equal(bits, network.InputBits);
        float[] seen = network.Prepare(tensor(new byte[] { 0, 1, 127, 128, 255 }, [1, 1, 1, 5], ScalarType.Byte)).data<float>().ToArray();
        for (int i = 0; i < seen.Length; i++)
        {
            Assert.Equal(expected[i], seen[i], 1e-6);
        }
    }

    [Fact]
    public void A_network_can_start_at_0_where_it_is_binarized()
    {
        using Network network = Networks.Create(
            """[{ "type": "dense", "units": 50 }, { "type": "dense", "binarize": false }]""",
            new BinaryConnect(),
            (1, 2, 2),
            2,
            zeroInit: true
        );
        Assert.All(network.WeightModules.First().Weight.data<float>(), w => Assert.Equal(0, w));
        Assert.DoesNotContain(0, network.WeightModules.Last().Weight.data<float>());
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        float[] Seeded(int seed)
        {
            manual_seed(seed);
            using Network network = new(Networks.Shipped("mlp"), new BinaryConnect(), new(1, 8, 8), 3, PixelEncoding.Bytes);
            return [.. network.parameters().SelectMany(p => p.data<float>().ToArray())];
        }

        Assert.NotEqual(Seeded(1), Seeded(2));
        Assert.Equal(Seeded(1), Seeded(1));
    }
}
