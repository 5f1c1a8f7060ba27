using System.Text.Json;
using Onebit.Datasets;

namespace Onebit.Training.Tests;

public sealed class ExperimentTests : IDisposable
{
    private const string Valid = """
        {
          // Comments are read over,
          "network": { "name": "n", "layers": [{ "type": "dense" }, { "type": "batchNorm", }] },
          "method": "binarynet",
          "epochs": 3,
          "batchSize": 20,
          "optimizer": { "type": "sgd", "rate": 0.5, "momentum": 0.9 },
          /* trailing commas too. */
          "schedule": { "type": "exponential", "factor": 0.5 },
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Comments_and_trailing_commas_are_read_over()
    {
        Experiment experiment = Load(Valid);
        Assert.Equal("my-experiment", experiment.Name);
        Assert.Equal(new BinaryNet(), experiment.Method);
        Assert.Equal([new DenseLayer(), new BatchNormLayer()], experiment.Network.Layers);
        Assert.Equal((3, 20), (experiment.Epochs, experiment.BatchSize));
        Assert.Equal(new OptimizerSpec(OptimizerType.Sgd, 0.5, 0.9), experiment.Optimizer);
        Assert.Equal(new ScheduleSpec(ScheduleType.Exponential, 0.5), experiment.Schedule);
        Assert.Equal([1], experiment.Seeds);
        Assert.Equal(PixelEncoding.Bytes, experiment.PixelEncoding);
        Assert.Equal(PixelEncoding.Normalized, (experiment with { Method = new Float32() }).PixelEncoding);
        Assert.Equal(PixelEncoding.Bits, (experiment with { Method = new Float32(), Pixels = PixelEncoding.Bits }).PixelEncoding);
    }

    [Fact]
    public void Every_shipped_experiment_makes_a_network_for_mnist()
    {
        string networks = Path.Combine(ExperimentFile.ShippedFolder, "networks");
        string[] files =
        [
            .. Directory
                .EnumerateFiles(ExperimentFile.ShippedFolder, "*.json", SearchOption.AllDirectories)
                .Where(f => Path.GetDirectoryName(f) != networks),
        ];
        Assert.InRange(files.Length, 20, 1000);
        var images = new ImageSet(new byte[20 * 784], Enumerable.Range(0, 20).Select(i => (byte)(i % 10)).ToArray(), 1, 28, 28);
        Assert.All(
            files,
            file =>
            {
                Experiment experiment = ExperimentFile.Load(file) with { ValidationImages = null };
                Assert.Equal(Path.GetFileNameWithoutExtension(file), experiment.Name);
                using Network network = NetworkFactory.Create(experiment, new Dataset("none", images, images));
                Assert.NotEqual(0, network.ParameterCount);
            }
        );
    }

    [Fact]
    public void The_canonical_text_is_read_as_the_same_experiment()
    {
        string text = Load(Valid).ToCanonicalJson();
        Assert.Equal(text, Load(text).ToCanonicalJson());
        Assert.DoesNotContain("momentum\":0,", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
        // Note and seeds make no other experiment, everything else does.
        Assert.Equal(text, (Load(Valid) with { Note = "note", Seeds = [7, 8] }).ToCanonicalJson());
        Assert.NotEqual(text, (Load(Valid) with { Epochs = 4 }).ToCanonicalJson());
        Assert.NotEqual(text, (Load(Valid) with { Augmentation = new AugmentationSpec(Shear: 1) }).ToCanonicalJson());
    }

    [Theory]
    [InlineData("networks/mine.json", "my-experiment.json")]
    [InlineData("networks/mine.json", "quick/my-experiment.json")]
    [InlineData("quick/networks/mine.json", "quick/my-experiment.json")]
    public void A_network_can_have_a_file_of_its_own(string network, string experiment)
    {
        _folder.Add(network, """{ "name": "named", "layers": [{ "type": "dense" }] }""");
        Assert.Equal("named", ExperimentFile.Load(_folder.Add(experiment, WithNetwork("\"mine\""))).Network.Name);
    }

    [Fact]
    public void A_shipped_network_can_be_named_anywhere() =>
        Assert.Equal(Networks.Shipped("cnn").Layers, Load(WithNetwork("\"cnn\"")).Network.Layers);

    [Theory]
    [InlineData("\"epochs\": 3", "\"epochs\": 0", "epochs must be 1 to 100000")]
    [InlineData("\"epochs\": 3", "\"epochs\": 1.5", "epochs")]
    [InlineData("\"epochs\": 3", "\"epochs\": \"3\"", "epochs")]
    [InlineData("\"epochs\": 3", "\"epochs\": 99999999999", "epochs")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"epochs\": 4", "epochs")]
    [InlineData("\"epochs\": 3", "\"epoch\": 3", "epoch")]
    [InlineData("\"epochs\": 3,", "", "epochs")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"seeds\": []", "seeds must name at least one seed, each once")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"seeds\": [1, 1]", "seeds must name at least one seed, each once")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"seeds\": null", "seeds")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"validationImages\": 0", "validationImages must be above 0")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"activationBits\": 4", "activationBits must be 32, 8 or 1")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"pixels\": \"colours\"", "pixels")]
    [InlineData("\"batchSize\": 20", "\"batchSize\": 1", "batchSize must be 2 to 1000000")]
    [InlineData("\"rate\": 0.5", "\"rate\": 0", "rate must be above 0")]
    [InlineData("\"rate\": 0.5", "\"rate\": -1", "rate must be above 0")]
    [InlineData("\"rate\": 0.5", "\"rate\": 1e38", "rate must be above 0 and at most 1E+30")]
    [InlineData("\"rate\": 0.5", "\"rate\": NaN", "'N' is an invalid start of a value")]
    [InlineData("\"rate\": 0.5", "\"rate\": 1e999", "rate")]
    [InlineData("\"rate\": 0.5", "\"rate\": \"fast\"", "rate")]
    [InlineData("\"rate\": 0.5,", "", "rate")]
    [InlineData("\"momentum\": 0.9", "\"momentum\": -0.1", "momentum")]
    [InlineData("\"momentum\": 0.9", "\"momentum\": 1", "momentum")]
    [InlineData("\"sgd\"", "\"newton\"", "'type' of the optimizer must be adam, sgd, bop, not ")]
    [InlineData("\"sgd\"", "7", "'type' of the optimizer must be adam, sgd, bop, not ")]
    [InlineData("\"factor\": 0.5", "\"factor\": 0", "factor")]
    [InlineData("\"factor\": 0.5", "\"factor\": 1.1", "factor")]
    [InlineData("\"factor\": 0.5", "\"factor\": 0.5, \"every\": 2", "'every' is gone")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"scale\": 1 }", "scale must be at least 0 and below 1")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"shear\": 90 }", "shear must be at least 0 and below 90")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"rotation\": -1 }", "rotation must be 0 to 180")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"translation\": 1e999 }", "translation must be 0 to 1")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"epochs\": -1 }", "epochs must be at least 0")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"augmentation\": { \"elastic\": 0.1 }", "'elastic' is gone; leave it out")]
    [InlineData("\"momentum\": 0.9", "\"polarization\": 1", "'polarization' is gone; leave it out")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"scaleBits\": 15", "scaleBits must be 1 to 14")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"float32\", \"scaleBits\": 4", "go with a method that binarizes")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"weightBits\": 2", "weightBits must be 32 or 1")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"float32\", \"weightBits\": 1", "weightBits must be 32.")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"float32\", \"activationBits\": 1", "activationBits must be 32 with float32.")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"float32\", \"activationBits\": 8", "activationBits must be 32 with float32.")]
    [InlineData("\"sgd\"", "\"adam\"", "momentum is of sgd; leave it out")]
    [InlineData("\"momentum\": 0.9", "\"adaptivity\": 0.5", "adaptivity and threshold are of bop; leave them out")]
    [InlineData("\"exponential\"", "\"cosine\"", "a factor is of an exponential schedule; leave it out")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"lq\", \"weightBits\": 5", "weightBits must be 32 or, with lq, 1 to 4.")]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"lq\", \"weightBits\": 0", "weightBits must be 32 or, with lq, 1 to 4.")]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": \"lq\", \"activationBits\": 5",
        "activationBits must be 32, 8 or, with lq, 1 to 4."
    )]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": \"abc\", \"activationBits\": 0",
        "activationBits must be 32, 8 or, with abc, 1 to 5."
    )]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"ternary\", \"weightBits\": 1", "weightBits must be 32 or 2.")]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": { \"name\": \"bitwise\", \"sparsity\": 0 }, \"weightBits\": 2",
        "bitwise's sparsity must be above 0 and below 1"
    )]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": { \"sparsity\": 1, \"name\": \"bitwise\" }, \"weightBits\": 2",
        "bitwise's sparsity must be above 0 and below 1"
    )]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": { \"name\": \"bitwise\", \"sparsity\": 0.3 }",
        "bitwise's sparsity goes with weightBits 2"
    )]
    [InlineData("\"method\": \"binarynet\"", "\"method\": { \"name\": \"lq\", \"sparsity\": 0.5 }, \"weightBits\": 2", "'sparsity'")]
    [InlineData(
        "\"method\": \"binarynet\"",
        "\"method\": { \"sparsity\": 0.5 }",
        "'name' of 'method' of the experiment must be the name of a method"
    )]
    [InlineData("\"method\": \"binarynet\"", "\"method\": \"bitwise\", \"zeroWeights\": 0.5", "'zeroWeights' is now the option 'sparsity'")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"zeroStart\": true", "'zeroStart' is now 'zeroInit'")]
    [InlineData("\"type\": \"batchNorm\"", "\"type\": \"norm\"", "'norm' is now 'batchNorm'")]
    [InlineData(
        "{ \"type\": \"dense\" }",
        "{ \"type\": \"residual\", \"layers\": [] }",
        "'residual' is now 'add': { \"type\": \"add\", \"from\""
    )]
    [InlineData(
        "{ \"type\": \"dense\" }",
        "{ \"type\": \"dense\", \"from\": \"x\" }",
        "reads 'x' in layer 1 (dense), but no earlier layer has that name"
    )]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"start\": \"x\"", "'start' is now 'initializeFrom'")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"affineBits\": 5", "'affineBits' is now 'scaleBits'")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"averaging\": 0.9", "'averaging' is now 'emaDecay'")]
    [InlineData("\"type\": \"exponential\"", "\"type\": \"constant\"", "'constant' is gone; leave the schedule out")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"pixels\": \"signs\", \"pixelThreshold\": 0", "pixelThreshold must be 1 to 255")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"pixels\": \"bytes\", \"pixelThreshold\": 128", "and go with pixels of bits or signs")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"weightRegularization\": { \"weight\": 0 }", "weight must be above 0")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"emaDecay\": 1", "emaDecay must be above 0 and below 1")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"loss\": \"hinge\"", "loss")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"initializeFrom\": \" \"", "a name among teachers and initializeFrom is empty; give one")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"distillation\": { \"teachers\": [] }", "a distillation must name at least one teacher")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"distillation\": {}", "teachers")]
    [InlineData(
        "\"epochs\": 3",
        "\"epochs\": 3, \"distillation\": { \"teachers\": [\"a\"], \"temperature\": 0 }",
        "a distillation's temperature must be above 0"
    )]
    [InlineData(
        "\"epochs\": 3",
        "\"epochs\": 3, \"distillation\": { \"teachers\": [\"a\"], \"weight\": 1.5 }",
        "its weight above 0 and at most 1"
    )]
    [InlineData("\"rate\": 0.5", "\"rate\": 0.5, \"adaptivity\": 0", "adaptivity must be above 0 and at most 1")]
    [InlineData("\"rate\": 0.5", "\"rate\": 0.5, \"threshold\": -1", "threshold must be at least 0")]
    [InlineData("\"type\": \"sgd\"", "\"type\": \"bop\", \"glorotRates\": true", "glorotRates are of adam and sgd")]
    [InlineData(
        "binarynet",
        "ternarynet",
        "There is no method 'ternarynet' (did you mean 'binarynet'?); use one of float32, binaryconnect, "
    )]
    [InlineData(
        "\"type\": \"dense\"",
        "\"type\": \"dence\"",
        "layer 1: there is no layer type 'dence' (did you mean 'dense'?); use dense, conv, "
    )]
    [InlineData("\"type\": \"dense\"", "\"units\": 5", "layer 1 needs a 'type'; there are dense, conv")]
    [InlineData("\"type\": \"dense\"", "\"type\": \"dense\", \"width\": 5", "layer 1 (dense) has no 'width'; it takes units, bias, ")]
    [InlineData("\"epochs\": 3", "\"epoch\": 3", "the experiment has no 'epoch' (did you mean 'epochs'?); it takes note, ")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3.5", "'epochs' of the experiment must be a whole number, not 3.5")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"seeds\": 3", "'seeds' of the experiment must be a list, [ ... ], not 3")]
    [InlineData("\"epochs\": 3", "\"epochs\": 3, \"seeds\": null", "'seeds' of the experiment must not be null")]
    [InlineData("\"epochs\": 3,", "", "the experiment needs 'epochs'")]
    [InlineData("\"type\": \"sgd\"", "\"type\": \"adma\"", "'type' of the optimizer must be adam, sgd, bop, not 'adma'")]
    [InlineData("{ \"type\": \"dense\" }", "null", "layer 1 must be an object with a 'type', not null")]
    [InlineData("\"layers\": [{ \"type\": \"dense\" }, { \"type\": \"batchNorm\", }]", "\"layers\": []", "its network has no layers")]
    [InlineData("\"layers\": [{ \"type\": \"dense\" }, { \"type\": \"batchNorm\", }]", "\"layers\": null", "layers")]
    [InlineData(
        "\"layers\": [{ \"type\": \"dense\" }, { \"type\": \"batchNorm\", }]",
        "\"layers\": [{ \"type\": \"repeat\", \"times\": 1, \"layers\": [null] }]",
        "layer 1.1 must be an object with a 'type', not null"
    )]
    [InlineData("/* trailing", "trailing", "'t' is an invalid start of a property name")]
    public void A_mistake_is_named_in_one_sentence(string part, string mistake, string problem)
    {
        Assert.Contains(part, Valid, StringComparison.Ordinal);
        AssertSentence(Valid.Replace(part, mistake, StringComparison.Ordinal), problem);
    }

    [Theory]
    [InlineData("abc", 5, 5, null)]
    [InlineData("lq", 4, 4, null)]
    [InlineData("ternary", 2, 1, null)]
    [InlineData("bitwise", 2, 1, 0.3)]
    [InlineData("bitwise", 32, 32, null)]
    public void A_method_has_the_planes_that_it_is_asked_for(string method, int weightBits, int activationBits, double? sparsity)
    {
        string name = sparsity is null ? JsonSerializer.Serialize(method) : JsonSerializer.Serialize(new { name = method, sparsity });
        Experiment experiment = Load(
            Valid.Replace(
                "\"method\": \"binarynet\"",
                $"""
                "method": {name}, "weightBits": {weightBits}, "activationBits": {activationBits}
                """,
                StringComparison.Ordinal
            )
        );
        Assert.Equal((method, weightBits, activationBits), (experiment.Method.Name, experiment.WeightBits, experiment.ActivationBits));
        Assert.Equal(sparsity ?? 0.5, (experiment.Method as Bitwise)?.Sparsity ?? 0.5);
        string text = experiment.ToCanonicalJson();
        Assert.Equal(text, Load(text).ToCanonicalJson());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"network\"")]
    [InlineData("\0\u0001")]
    public void What_is_no_object_is_no_experiment(string text) => AssertSentence(text, "is no experiment");

    [Theory]
    [InlineData("\"none\"", "there is no network 'none'")]
    [InlineData("null", "network")]
    [InlineData("5", "network")]
    public void A_network_has_to_be_there(string network, string problem) => AssertSentence(WithNetwork(network), problem);

    [Fact]
    public void A_damaged_network_file_is_named()
    {
        string network = _folder.Add("networks/mine.json", "{ \"name\"");
        AssertSentence(WithNetwork("\"mine\""), network);
    }

    [Fact]
    public void Names_stand_in_any_order_and_a_schema_changes_nothing()
    {
        string plain = WithNetwork("""{ "name": "n", "layers": [{ "type": "dense", "bias": true }] }""");
        string other = WithNetwork("""{ "layers": [{ "bias": true, "type": "dense" }], "name": "n" }""")
            .Replace("{ \"network\"", "{ \"$schema\": \"s.json\", \"network\"", StringComparison.Ordinal);
        Assert.Equal(Load(plain).ToCanonicalJson(), Load(other).ToCanonicalJson());
    }

    [Fact]
    public void A_broken_file_is_named_with_the_line_that_an_editor_shows() =>
        AssertSentence("{\n  \"network\": \"mlp\",\n  \"method\" 5\n}", "(line 3)");

    [Fact]
    public void A_missing_file_is_named()
    {
        string path = _folder.File("none.json");
        Assert.Equal($"There is no experiment file '{path}'.", Assert.Throws<ExperimentException>(() => ExperimentFile.Load(path)).Message);
    }

    private static string WithNetwork(string network) =>
        $$"""{ "network": {{network}}, "method": "float32", "epochs": 1, "batchSize": 2, "optimizer": { "type": "adam", "rate": 1 } }""";

    private Experiment Load(string text) => ExperimentFile.Load(_folder.Add("my-experiment.json", text));

    private void AssertSentence(string text, string problem)
    {
        string message = Assert.Throws<ExperimentException>(() => Load(text)).Message;
        Assert.Contains($"'{_folder.File("my-experiment.json")}'", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Matches(@"^[^\n\r]*[^.]\.$", message);
        Assert.DoesNotContain("Onebit.Training", message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
        Assert.DoesNotContain(" JSON", message, StringComparison.Ordinal);
    }
}
