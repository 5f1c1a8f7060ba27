using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>What layers read, repetitions, and layers with a method of their own.</summary>
public class GraphTests
{
    private const string Shared = """
        [
          { "type": "repeat", "times": 3, "shared": true, "layers": [
            { "type": "conv", "filters": 2, "kernel": 3, "padding": 1, "name": "conv" }, { "type": "batchNorm" },
            { "type": "activation" } ] },
          { "type": "dense" }, { "type": "batchNorm" }
        ]
        """;

    [Fact]
    public void A_layer_reads_the_one_before_unless_it_names_others()
    {
        IReadOnlyList<LayerNode> nodes = Graph(
            """
            [
              { "type": "conv", "filters": 1, "kernel": 1, "name": "first" },
              { "type": "batchNorm", "from": "input", "name": "second" },
              { "type": "add", "from": ["second", "first"] },
              { "type": "dense" }
            ]
            """
        );
        Assert.Equal(
            [
                [0],
                [0],
                [2, 1],
                [3],
            ],
            nodes.Select(n => n.Inputs)
        );
        Assert.Equal(["first", "second", "2", "3"], nodes.Select(n => n.Key));
        Assert.Equal([false, false, false, true], nodes.Select(n => n.IsLast));
    }

    [Fact]
    public void A_repetition_is_written_out_and_a_name_inside_means_the_same_pass()
    {
        IReadOnlyList<LayerNode> nodes = Graph(
            """
            [
              { "type": "batchNorm", "name": "outside" },
              { "type": "repeat", "times": 2, "name": "blocks", "layers": [
                { "type": "identity", "name": "shortcut" },
                { "type": "conv", "filters": 1, "kernel": 1, "name": "conv" },
                { "type": "add", "from": ["shortcut", "outside"], "name": "sum" },
                { "type": "add", "from": ["sum", "conv"] } ] },
              { "type": "dense", "from": "blocks" }
            ]
            """
        );
        Assert.Equal(
            [
                [0],
                [1],
                [2],
                [2, 1],
                [4, 3],
                [5],
                [6],
                [6, 1],
                [8, 7],
                [9],
            ],
            nodes.Select(n => n.Inputs)
        );
        Assert.Equal(["outside", "blocks/0/shortcut", "blocks/0/conv", "blocks/0/sum", "blocks/0/3"], nodes.Take(5).Select(n => n.Key));
        Assert.Equal("blocks/1/3", nodes[8].Key);
        Assert.All(nodes, n => Assert.Null(n.SharedWith));
        // What reads a layer that changes nothing reads what that one reads.
        Assert.Equal([typeof(ConvLayer), typeof(AddLayer), typeof(AddLayer), typeof(AddLayer)], nodes[0].Readers.Select(r => r.GetType()));
    }

    [Fact]
    public void A_repetition_makes_the_network_that_its_layers_written_out_make()
    {
        const string Block = """
            { "type": "activation" }, { "type": "conv", "filters": 3, "kernel": 3, "padding": 1 },
            { "type": "batchNorm", "name": "path?" }, { "type": "add", "name": "sum?", "from": ["path?", "sum!"] },
            """;
        const string Start = """[{ "type": "conv", "filters": 3, "kernel": 3 }, { "type": "batchNorm", "name": "sum0" },""";
        const string End = """{ "type": "activation" }, { "type": "dense" }, { "type": "batchNorm" }]""";
        string Pass(int pass) =>
            Block.Replace("?", $"{pass}", StringComparison.Ordinal).Replace("!", $"{pass - 1}", StringComparison.Ordinal);
        (float[] Logits, byte[] Model) Make(string layers)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            manual_seed(1);
            using Network network = Networks.Create(layers, new BinaryNet(), (1, 6, 6), 4);
            Tensor images = network.Prepare(RandomNetworks.Images(network, new Random(1), 20));
            network.forward(images);
            network.eval();
            return (network.forward(images).flatten().data<float>().ToArray(), Packer.Pack(network).ToBytes());
        }

        (float[] logits, byte[] model) = Make(Start + Pass(1) + Pass(2) + End);
        (float[] repeatedLogits, byte[] repeatedModel) = Make(
            Start
                + """{ "type": "repeat", "times": 2, "layers": [{ "type": "identity", "name": "sum" },"""
                + Block
                    .Replace("\"name\": \"sum?\", ", "", StringComparison.Ordinal)
                    .Replace("?", "", StringComparison.Ordinal)
                    .Replace("!", "", StringComparison.Ordinal)
                    .TrimEnd()
                    .TrimEnd(',')
                + "]},"
                + End
        );
        Assert.Equal(logits, repeatedLogits);
        Assert.Equal(model, repeatedModel);
    }

    [Fact]
    public void Passes_that_share_have_one_module_and_one_set_of_weights()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = Networks.Create(Shared, new BinaryNet(), (2, 4, 5), 3);
        Assert.Equal(2 * 2 * 9 + 4 + 2 * 20 * 3 + 6, network.ParameterCount);
        Assert.Equal(3 * 2 * 2 * 9 * 20 + 2 * 20 * 3, network.MultiplyAccumulates);
        Assert.Equal(network.MultiplyAccumulates, network.Spec.ToFloatGraph(network.Input, 3).MultiplyAccumulates);
        Assert.Equal(
            [
                "layers.0/1.beta",
                "layers.0/1.gamma",
                "layers.0/1.mean",
                "layers.0/1.variance",
                "layers.0/conv.weight",
                "layers.1.weight",
                "layers.2.beta",
                "layers.2.gamma",
                "layers.2.mean",
                "layers.2.variance",
            ],
            network.state_dict().Keys.Order(StringComparer.Ordinal)
        );
        Assert.Single(network.Nodes.Take(9).Where((_, i) => i % 3 == 0).Select(n => n.Module).Distinct());
        // The image is codes, with 0 outside; the other passes read signs, with -1 outside.
        Assert.Equal([0, -1, -1], new[] { 0, 3, 6 }.Select(i => network.Nodes[i].Inputs[0].Padding()));

        Tensor images = RandomNetworks.Images(network, new Random(1), 20);
        network.forward(network.Prepare(images)).square().sum().backward();
        Assert.All(network.parameters(), p => Assert.True(p.grad!.abs().sum().ToDouble() > 0));
        network.eval();
        BitModel model = Packer.Pack(network);
        Linear[] linears = [.. model.Operations.OfType<Linear>()];
        Assert.Equal(4, linears.Length);
        Assert.All(linears.Take(3), l => Assert.Equal(linears[0].Weights.ToArray(), l.Weights.ToArray()));
        using var torch = new TorchBitModel(model);
        long[] scores = new long[3];
        model.Predict(images[5].data<byte>().ToArray(), scores);
        Assert.Equal(torch.Scores(images).data<long>().Skip(15).Take(3), scores);
    }

    [Theory]
    [InlineData("""[{ "type": "add" }]""", "needs 2 inputs in layer 1 (add), not 1; name them in its 'from'")]
    [InlineData("""[{ "type": "dense", "from": ["input", "input"] }]""", "needs 1 inputs in layer 1 (dense), not 2")]
    [InlineData(
        """[{ "type": "dense", "from": "later" }, { "type": "dense", "name": "later" }]""",
        "reads 'later' in layer 1 (dense), but no earlier layer has that name"
    )]
    [InlineData(
        """[{ "type": "dense", "name": "a" }, { "type": "dense", "name": "a" }]""",
        "names layer 2 (dense) 'a'; a name is used once"
    )]
    [InlineData("""[{ "type": "dense", "name": "input" }]""", "names layer 1 (dense) 'input'")]
    [InlineData("""[{ "type": "dense", "name": "step" }]""", "names layer 1 (dense) 'step'")]
    [InlineData("""[{ "type": "dense", "name": "class" }]""", "names layer 1 (dense) 'class'")]
    [InlineData("""[{ "type": "dense", "name": "1" }]""", "names layer 1 (dense) '1'")]
    [InlineData("""[{ "type": "dense", "name": "../a" }]""", "names layer 1 (dense) '../a'")]
    [InlineData("""[{ "type": "dense", "name": "" }]""", "names layer 1 (dense) ''")]
    [InlineData("""[{ "type": "dense" }, { "type": "dense", "from": "input" }]""", "has layer 1 (dense), which no layer reads")]
    [InlineData("""[{ "type": "repeat", "times": 0, "layers": [{ "type": "dense" }] }]""", "repeats nothing in layer 1")]
    [InlineData("""[{ "type": "repeat", "times": 2, "layers": [] }]""", "repeats nothing in layer 1")]
    [InlineData("""[{ "type": "repeat", "times": 2000000000, "layers": [{ "type": "dense" }] }]""", "has more than 10000 layers")]
    [InlineData(
        """[{ "type": "repeat", "times": 1, "layers": [{ "type": "dense", "name": "a" }] }, { "type": "dense", "from": "a" }]""",
        "reads 'a' in layer 2 (dense), but no earlier layer has that name"
    )]
    [InlineData("""[{ "type": "dense" }, null]""", "has null as its layer 2")]
    [InlineData("[]", "has no layers")]
    public void Graphs_that_cannot_be_are_named_in_one_sentence(string layers, string problem)
    {
        string message = Assert.Throws<ExperimentException>(() => Graph(layers)).Message;
        Assert.StartsWith("The network 'n' ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Matches(@"^[^\n]*[^.]\.$", message);
    }

    [Fact]
    public void Passes_that_share_have_to_keep_the_shape()
    {
        string layers = Shared.Replace("\"padding\": 1", "\"padding\": 0", StringComparison.Ordinal);
        string message = Assert.Throws<ExperimentException>(() => Networks.Create(layers, new BinaryNet(), (2, 9, 9), 3)).Message;
        Assert.Contains("shared weights that turn 2 x 9 x 9 into 2 x 7 x 7; they must keep the shape", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"dense","name":"a","from":"input"}""")]
    [InlineData("""{"type":"add","from":["a","b"]}""")]
    [InlineData("""{"type":"conv","filters":2,"kernel":3,"method":{"name":"bitwise","sparsity":0.25}}""")]
    [InlineData("""{"type":"repeat","times":2,"layers":[{"type":"activation","method":"xnor"}],"shared":true}""")]
    public void Layers_are_written_as_they_are_read(string layer)
    {
        var options = new JsonSerializerOptions(Experiment.Json) { WriteIndented = false };
        string text = JsonSerializer.Serialize(JsonSerializer.Deserialize<Layer>(layer, options), options);
        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize<Layer>(text, options), options));
        foreach (JsonProperty property in JsonDocument.Parse(layer).RootElement.EnumerateObject().Where(p => p.Name != "layers"))
        {
            Assert.Contains($"\"{property.Name}\":{property.Value.GetRawText()}", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_layer_may_have_another_method_where_the_network_binarizes()
    {
        const string Layers = """
            [
              { "type": "dense", "units": 4 }, { "type": "batchNorm" }, { "type": "activation", "method": "binarynet" },
              { "type": "dense", "units": 4, "method": "ternary" }, { "type": "batchNorm" }, { "type": "activation" }, { "type": "dense" }
            ]
            """;
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(Layers, new BinaryConnect(), (1, 2, 3), 2);
        Assert.Equal([1, 8], network.modules().OfType<ActivationModule>().Select(a => a.Bits));
        Assert.Equal(
            [typeof(SignWeights), typeof(TernaryWeights), typeof(SignWeights)],
            network.WeightModules.Select(w => w.Binarizer!.GetType())
        );
        network.eval();
        Assert.Single(Packer.Pack(network).Operations.OfType<WeightedSum>());

        using Network real = Networks.Create(Layers, new Float32(), (1, 2, 3), 2);
        Assert.Equal([32, 32], real.modules().OfType<ActivationModule>().Select(a => a.Bits));
        Assert.All(real.WeightModules, w => Assert.Null(w.Binarizer));
        string message = Assert
            .Throws<ExperimentException>(() => Networks.Create(Layers.Replace("ternary", "float32"), new BinaryConnect(), (1, 2, 3), 2))
            .Message;
        Assert.Contains("layer 4 (dense): it has the method 'float32', which binarizes nothing", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "dense" }""", 1, 1)] // Scales differ: a Linear per branch.
    [InlineData("""{ "type": "batchNorm" }, { "type": "activation" }, { "type": "dense" }""", 0, 0)] // A threshold per channel.
    public void Branches_of_different_scales_are_joined_where_a_layer_can_read_the_join(string behind, int sums, int apart)
    {
        string layers = $$"""
            [
              { "type": "activation", "name": "a", "method": "xnor" },
              { "type": "batchNorm", "from": "a" }, { "type": "activation", "name": "b", "method": "lq" },
              { "type": "concat", "from": ["a", "b"] }, {{behind}}
            ]
            """;
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(layers, new BinaryNet(), (3, 2, 2), 2);
        network.eval();
        Operation[] packed = [.. Packer.Pack(network).Operations];
        Assert.Equal(sums, packed.OfType<WeightedSum>().Count());
        Assert.Equal(1 - apart, packed.OfType<Concat>().Count());
        Assert.Equal(1 + apart, packed.OfType<Linear>().Count());
    }

    private static IReadOnlyList<LayerNode> Graph(string layers) =>
        new NetworkSpec("n", JsonSerializer.Deserialize<Layer[]>(layers, Experiment.Json)!).ToGraph();
}
