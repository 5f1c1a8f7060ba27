using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Onebit.Datasets;
using Spectre.Console;

namespace Onebit.Cli.Tests;

/// <summary>The models of the repository are what their card says.</summary>
public partial class ShippedModelsTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "models");

    private static readonly Dictionary<string, int> s_limits = new()
    {
        ["nano"] = 512,
        ["micro"] = 1024,
        ["tiny"] = 2048,
        ["fast"] = 3072,
        ["small"] = 5000,
        ["headline"] = 9685,
        ["large"] = 16384,
        ["device-mlp"] = 24576,
        ["device-cnn"] = 16384,
        ["device-cnn-8bit"] = 4096,
    };

    [Fact]
    public void Every_model_has_its_line_and_keeps_its_limit()
    {
        (string Name, int Bytes, string Accuracy)[] lines = [.. Lines()];
        Assert.Equal(
            Repository.Classifiers.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal),
            lines.Select(l => l.Name).Order(StringComparer.Ordinal)
        );
        foreach ((string name, int bytes, _) in lines)
        {
            string path = Model(name);
            Assert.Equal(bytes, new FileInfo(path).Length);
            Assert.InRange(bytes, 1, s_limits[name[(name.IndexOf('-') + 1)..]]);
            BitModel model = BitModel.Load(path);
            Assert.Equal((1, 28, 28), (model.Input.Channels, model.Input.Height, model.Input.Width));
            Assert.Equal(name is "mnist-device-mlp" or "mnist-device-cnn" ? 1 : 8, model.Input.Bits);
            Assert.Equal(10, model.ClassCount);
        }
    }

    [Fact]
    public void The_models_of_digits_are_as_accurate_as_their_lines_say()
    {
        (string Name, int Bytes, string Accuracy)[] digits = [.. Lines().Where(l => l.Name.StartsWith("mnist-", StringComparison.Ordinal))];
        Assert.NotEmpty(digits);
        foreach ((string name, _, string accuracy) in digits)
        {
            (int code, string output, string error) = OnebitProcess.Run("eval", Model(name), "--json");
            Assert.True(code == 0, error);
            Assert.Equal(accuracy, ((double)JsonNode.Parse(output)!["accuracy"]! * 100).ToString("F2", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>
    /// All scores of the 10,000 test images of MNIST, as 64-bit little-endian integers, image by image.
    /// Of their SHA-256 the first 48 digits.
    /// </summary>
    [Theory]
    [InlineData("fashion-headline", "037dd1eb40982f79c1f83197a342a02402038630c14ed5da")]
    [InlineData("fashion-large", "bf53f22c8f525771ddf3084b8c40e390bd941c0a7199adcd")]
    [InlineData("fashion-micro", "5983df0d8a67a7182a95dfe5c9c543c167158178a8060a3b")]
    [InlineData("fashion-nano", "d54a35a812cf7cc536804d2124334e4f7a8a086e782905f0")]
    [InlineData("fashion-small", "b5ddd797fdf00101bee3b9e26c3efb2bbfb3d20f916da223")]
    [InlineData("fashion-tiny", "03ec1d5a9ed72120a043dd6a1d0bf97063ca231032ecc705")]
    [InlineData("mnist-device-cnn", "46f08aafd3416e2e7ffeded7f7cd9f2ad65542d7ffd292b4")]
    [InlineData("mnist-device-cnn-8bit", "50cd0740816f7257b985d64f0db3b90931edfbe65ceb613c")]
    [InlineData("mnist-device-mlp", "66f9e775cd9a8decc763ce4736ffafe5dba9d2055f1d9370")]
    [InlineData("mnist-fast", "cb91f957f8ff3d876c9725198d224706cb9c3e6e2a260ed7")]
    [InlineData("mnist-headline", "6cd346132d810797b2b13a34e666aed21f9a890edd1d92d1")]
    [InlineData("mnist-large", "80597a3b8ed753906927770862d0025aa746636b19f50b67")]
    [InlineData("mnist-micro", "5afd498b463af279d857ecc830003a0c628ebcbdf27a2779")]
    [InlineData("mnist-nano", "d11e5df4de757974663659c21741ed789e245c8dcfdbfd6f")]
    [InlineData("mnist-small", "d13d3b2d8240fc58795748f7c01f4f29b6e87c869a226f11")]
    [InlineData("mnist-tiny", "ba7b22ac43797da44b0d5c02494f8300334ed76db699f6c4")]
    public void A_model_gives_the_scores_that_it_always_gave(string name, string sha256)
    {
        BitModel model = BitModel.Load(Model(name));
        ImageSet test = DatasetLoader.LoadTest("mnist");
        long[] scores = new long[test.Count * model.ClassCount];
        Parallel.For(0, test.Count, i => model.Predict(test.Image(i), scores.AsSpan(i * model.ClassCount, model.ClassCount)));
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<long>(scores)))[..48]);
    }

    /// <summary>Seeds 1 to 20, each class twice, in 1 to 20 steps. Of the SHA-256 of all pixels the first 48 digits.</summary>
    [Theory]
    [InlineData("mnist-draw-8bit", "722199cf22d69482b0f3eaf5198479a5b26b5a46bd75e635")]
    public void A_diffusion_model_draws_what_it_always_drew(string name, string sha256)
    {
        var generator = Generator.Load(Model(name));
        byte[] pixels = new byte[20 * 784];
        for (int i = 0; i < 20; i++)
        {
            generator.Generate(i % 10, 1 + i, pixels.AsSpan(i * 784, 784), 1 + i);
        }

        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(pixels))[..48]);
    }

    [Fact]
    public void Predictions_are_written_with_labels_and_scores()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("predictions.csv");
        (int code, _, string error) = OnebitProcess.Run("eval", Model("mnist-micro"), "--predictions", file);
        Assert.True(code == 0, error);
        string[] lines = File.ReadAllLines(file);
        Assert.Equal("index,label,class,score0,score1,score2,score3,score4,score5,score6,score7,score8,score9", lines[0]);
        BitModel model = BitModel.Load(Model("mnist-micro"));
        ImageSet test = DatasetLoader.LoadTest("mnist");
        Assert.Equal(test.Count, lines.Length - 1);
        long[] scores = new long[10];
        for (int i = 0; i < test.Count; i++)
        {
            int predicted = model.Predict(test.Image(i), scores);
            Assert.Equal($"{i},{test.Labels.Span[i]},{predicted},{string.Join(',', scores)}", lines[i + 1]);
        }
    }

    [Fact]
    public void A_trace_has_every_integer()
    {
        string seven = Path.Combine(Repository.Root, "samples", "digits", "seven.png");
        (int code, string output, string error) = OnebitProcess.Run("predict", Model("mnist-micro"), seven, "nope.png", "--trace");
        Assert.Equal((1, ""), (code, error));
        JsonArray answers = JsonNode.Parse(output)!.AsArray();
        byte[] pixels = [.. Integers(answers[0]!["pixels"]!).Select(p => (byte)p)];
        BitModel model = BitModel.Load(Model("mnist-micro"));
        (int[][] values, long[] scores, int best) = ReferenceInterpreter.Run(model, pixels);
        Assert.Equal((7, "7"), (best, (string?)answers[0]!["class"]));
        Assert.Equal(scores, Integers(answers[0]!["scores"]!));
        Assert.Equal(values.Select(v => v.Select(i => (long)i)), answers[0]!["values"]!.AsArray().Select(v => Integers(v!)));
        Assert.Contains("no file", (string)answers[1]!["error"]!, StringComparison.Ordinal);

        static IEnumerable<long> Integers(JsonNode array) => array.AsArray().Select(v => (long)v!);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(50)]
    public void Inspect_fits_a_narrow_terminal_and_breaks_no_word(int width)
    {
        using var written = new StringWriter();
        IAnsiConsole before = AnsiConsole.Console;
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(written) });
        AnsiConsole.Console.Profile.Width = width;
        try
        {
            Assert.Equal(0, InspectCommand.Create().Parse([Model("mnist-large")]).Invoke());
        }
        finally
        {
            AnsiConsole.Console = before;
        }

        string text = written.ToString();
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, width));
        Assert.All(
            ["operation", "Requantize", "padding", "integers", "bytes"],
            word => Assert.Contains(word, text, StringComparison.Ordinal)
        );
        Assert.Equal(width == 80, text.Contains("MACs", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_models_are_compared_on_the_same_images()
    {
        (int code, string output, string error) = OnebitProcess.Run(
            "eval",
            Model("mnist-micro"),
            "--against",
            Model("mnist-small"),
            "--json"
        );
        Assert.True(code == 0, error);
        JsonNode eval = JsonNode.Parse(output)!;
        double micro = (double)eval["accuracy"]!,
            small = (double)JsonNode.Parse(OnebitProcess.Run("eval", Model("mnist-small"), "--json").Output)!["accuracy"]!;
        Assert.Equal(10_000 * (micro - small), (int)eval["against"]!["firstOnly"]! - (int)eval["against"]!["secondOnly"]!, 6);
        Assert.True((bool)eval["against"]!["moreThanChance"]!);
        (_, output, _) = OnebitProcess.Run("eval", Model("mnist-micro"), "--against", Model("mnist-micro"));
        Assert.Contains(
            "right on 0 images, only the other on 0. The difference is not significant (McNemar's test, p = 1).",
            output.ReplaceLineEndings(" "),
            StringComparison.Ordinal
        );
    }

    private static string Model(string name) => Path.Combine(s_folder, $"{name}.onebit");

    private static IEnumerable<(string Name, int Bytes, string Accuracy)> Lines() =>
        Line()
            .Matches(File.ReadAllText(Path.Combine(s_folder, "README.md")))
            .Select(m =>
                (
                    m.Groups[1].Value,
                    int.Parse(m.Groups[2].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
                    m.Groups[3].Value
                )
            );

    // | [mnist-micro](mnist-micro.onebit) | 993 | 98.94 % | ...
    [GeneratedRegex(@"^\| \[(\S+)\]\(\1\.onebit\) \| ([\d,]+) \| (\d\d\.\d\d) % \|", RegexOptions.Multiline)]
    private static partial Regex Line();
}
