using System.Text.RegularExpressions;
using Onebit.Datasets;

namespace Onebit.Cli.Tests;

/// <summary>
/// The commands <c>import</c>, <c>pack</c> and <c>export</c>, and the Python programs of docs/interchange.md as they stand there.
/// </summary>
public sealed class InterchangeTests : IDisposable
{
    private const string Network = """
        {
          "network": { "name": "small", "layers": [
            { "type": "conv", "filters": 4, "kernel": 3 },
            { "type": "maxPool", "size": 2 },
            { "type": "batchNorm" },
            { "type": "activation" },
            { "type": "dense" },
            { "type": "batchNorm" }
          ] },
          "method": "binaryconnect", "epochs": 1, "batchSize": 20, "optimizer": { "type": "adam", "rate": 0.01 }
        }
        """;

    private static readonly string s_micro = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_goes_out_as_qonnx_and_comes_in_again()
    {
        string onnx = _folder.File("micro.onnx");
        Done("export", s_micro, "--format", "qonnx", "--out", onnx);
        string output = Done("import", onnx);
        string model = _folder.File("micro.onebit");
        Assert.Contains($"{model}: {new FileInfo(model).Length:N0} bytes", output, StringComparison.Ordinal);
        Assert.Contains("10 classes", output, StringComparison.Ordinal);
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        (BitModel first, BitModel again) = (BitModel.Load(s_micro), BitModel.Load(model));
        for (int i = 0; i < 100; i++)
        {
            long[] scores = new long[10],
                others = new long[10];
            Assert.Equal(first.Predict(images.Image(i), scores), again.Predict(images.Image(i), others));
        }
    }

    [Fact]
    public void What_is_no_network_is_refused_in_a_sentence()
    {
        string text = _folder.Add("text.onnx", "not a network"),
            integers = _folder.File("integers.onnx");
        Done("export", s_micro, "--format", "onnx", "--out", integers);
        Fails(1, $"{text}: The file is no ONNX file, or it is damaged.", "import", text);
        Fails(1, $"{integers}: Node '", "import", integers);
        Fails(2, "missing.onnx", "import", _folder.File("missing.onnx"));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.onebit"));
    }

    [Fact]
    public void Weights_of_a_run_are_packed_as_the_run_packed_them()
    {
        string data = Images(channels: 1, side: 8, classes: 3),
            experiment = _folder.Add("small.json", Network),
            run = _folder.File("run"),
            weights = Path.Combine(run, "weights.safetensors");
        Done("train", experiment, "--data", data, "--out", run);
        Done("pack", experiment, weights, "--data", data, "--out", _folder.File("packed.onebit"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run, "model.onebit")), File.ReadAllBytes(_folder.File("packed.onebit")));

        string larger = _folder.Add("larger.json", Network.Replace("\"filters\": 4", "\"filters\": 5", StringComparison.Ordinal));
        Fails(1, $"{weights}: the tensor 'layers.0.weight' must hold", "pack", larger, weights, "--data", data);
        string other = _folder.Add(
            "other.json",
            Network.Replace(
                "{ \"type\": \"batchNorm\" }\n",
                "{ \"type\": \"batchNorm\" }, { \"type\": \"batchNorm\" }\n",
                StringComparison.Ordinal
            )
        );
        Fails(1, $"{weights}: ", "pack", other, weights, "--data", data);
        Fails(1, "is no safetensors file", "pack", experiment, experiment, "--data", data);
    }

    [Fact]
    public void The_numbers_of_a_model_are_written_as_tensors_and_as_a_header()
    {
        string output = Done("export", s_micro, "--format", "safetensors", "--out", _folder.Path);
        Assert.Contains($"{_folder.File("mnist_micro.safetensors")}: ", output, StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder.File("mnist_micro.safetensors")).Length > 1000);
        Done("export", s_micro, "--format", "header", "--out", _folder.Path, "--prefix", "digits");
        Assert.Contains("uint8_t digits_op0_weights[", File.ReadAllText(_folder.File("digits_data.h")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_network_learns_and_classifies_colour_images_of_cifar_10()
    {
        // The cache as it is after fetching, with few images.
        string cache = _folder.File("cache");
        Images(channels: 3, side: 32, classes: 10, folder: Path.Combine(cache, "onebit", "cifar-10"));
        string experiment = _folder.Add("small.json", Network),
            run = _folder.File("run");
        (int code, _, string error) = With(cache, "train", experiment, "--data", "cifar-10", "--out", run);
        Assert.True(code == 0, error);
        string path = Path.Combine(run, "model.onebit");
        BitModel model = BitModel.Load(path);
        Assert.Equal((3, 32, 32), (model.Input.Channels, model.Input.Height, model.Input.Width));
        Assert.Equal("airplane", model.ClassNames[0]);
        (code, string output, error) = With(cache, "eval", path, "--data", "cifar-10", "--check");
        Assert.True(code == 0, error);
        Assert.Contains("truck", output, StringComparison.Ordinal);
        (code, _, error) = With(cache, "eval", s_micro, "--data", "cifar-10");
        Assert.Equal(1, code);
        Assert.Contains("3 x 32 x 32", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_numpy_program_of_the_page_finds_the_classes_of_the_runtime()
    {
        DebianPython.Require("numpy");
        Link();
        Done(
            "export",
            Path.Combine(Repository.Root, "models", "mnist-large.onebit"),
            "--format",
            "safetensors",
            "--out",
            _folder.File("mnist-large.safetensors")
        );
        (int code, string output) = DebianPython.Run(Block("python", "import gzip, json, numpy as np\n\nraw"), _folder.Path);
        Assert.True(code == 0, output);
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-large.onebit"));
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        string classes = $"[{string.Join(", ", Enumerable.Range(0, 20).Select(i => model.Predict(images.Image(i))))}]";
        Assert.Equal(classes, output.Trim());
        Assert.Contains($"It prints `{classes}`.", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pytorch_program_of_the_page_and_its_packed_model_agree_on_every_image()
    {
        DebianPython.Require("torch");
        Link();
        _folder.Add("my-mlp.json", Block("json", "{"));
        string program = Block("python", "import gzip, json, struct, numpy as np, torch");
        (int code, string output) = DebianPython.Run($"{program}\nclasses.numpy().astype('u1').tofile('classes')", _folder.Path);
        Assert.True(code == 0, output);
        Done("pack", _folder.File("my-mlp.json"), _folder.File("weights.safetensors"), "--out", _folder.File("my.onebit"));
        BitModel model = BitModel.Load(_folder.File("my.onebit"));
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        int[] classes = [.. Enumerable.Range(0, images.Count).Select(i => model.Predict(images.Image(i)))];
        Assert.Equal(File.ReadAllBytes(_folder.File("classes")).Select(c => (int)c), classes);
        int right = classes.Where((c, i) => c == images.Labels.Span[i]).Count();
        Assert.StartsWith($"{right} of 10000 are right", output, StringComparison.Ordinal);
        Assert.InRange(right, 9000, 9500);
    }

    private static string Page => File.ReadAllText(Path.Combine(Repository.Root, "docs", "interchange.md"));

    /// <summary>The block of the page that begins so.</summary>
    private static string Block(string language, string start) =>
        Regex
            .Matches(Page, $"```{language}\n(.*?)```", RegexOptions.Singleline)
            .Select(m => m.Groups[1].Value)
            .Single(text => text.StartsWith(start, StringComparison.Ordinal));

    private void Link() => Directory.CreateSymbolicLink(_folder.File("data"), Path.Combine(Repository.Root, "data"));

    private static string Done(params string[] arguments)
    {
        (int code, string output, string error) = OnebitProcess.Run(arguments);
        Assert.True(code == 0, error);
        return output;
    }

    private static void Fails(int code, string message, params string[] arguments)
    {
        (int actual, _, string error) = OnebitProcess.Run(arguments);
        Assert.Equal(code, actual);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output, string Error) With(string cache, params string[] arguments) =>
        OnebitProcess.Run(new Dictionary<string, string> { ["XDG_CACHE_HOME"] = cache }, arguments);

    /// <summary>A folder of IDX files: images whose brightness is their class, with noise.</summary>
    private string Images(int channels, int side, int classes, string? folder = null)
    {
        folder ??= _folder.File("images");
        var random = new Random(1);
        foreach ((string part, int count) in new[] { ("train", 120), ("t10k", 40) })
        {
            byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))],
                pixels =
                [.. labels.SelectMany(l => Enumerable.Range(0, channels * side * side).Select(_ => (byte)(l * 20 + random.Next(50))))];
            IdxFile.Save(
                new ImageSet(pixels, labels, channels, side, side),
                Path.Combine(folder, $"{part}-images-idx3-ubyte.gz"),
                Path.Combine(folder, $"{part}-labels-idx1-ubyte.gz")
            );
        }

        return folder;
    }
}
