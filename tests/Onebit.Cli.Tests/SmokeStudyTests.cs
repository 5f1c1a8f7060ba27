using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Onebit.Cli.Tests;

public sealed class SmokeStudy : IDisposable
{
    internal const string Collection = "smoke study";

    private readonly TemporaryFolder _folder = new();

    public SmokeStudy()
    {
        (int code, string output, string error) = OnebitProcess.Run("study", "--preset", "smoke", "--out", Folder, "--json");
        Assert.True(code == 0, error);
        Output = output;
        Error = error;
        Results = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "results.json")))!;
    }

    internal string Folder => _folder.File("study");

    internal string Output { get; }

    internal string Error { get; }

    /// <summary>results.json as the first study left it: a second one, in whatever order the tests run, measures times anew.</summary>
    internal JsonNode Results { get; }

    public void Dispose() => _folder.Dispose();
}

/// <summary>One study for several classes of tests.</summary>
[CollectionDefinition(SmokeStudy.Collection)]
public sealed class SharedSmokeStudy : ICollectionFixture<SmokeStudy>;

/// <summary>The shipped smoke preset from the command line, against the contract of results.json.</summary>
[Collection(SmokeStudy.Collection)]
public class SmokeStudyTests(SmokeStudy study)
{
    private IEnumerable<JsonNode> Runs => study.Results["runs"]!.AsArray().Select(r => r!);

    [Fact]
    public void Results_go_to_standard_output_and_progress_to_standard_error()
    {
        Assert.True(JsonNode.DeepEquals(study.Results, JsonNode.Parse(study.Output)));
        Assert.Contains("begun", study.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", study.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_keep_the_contract()
    {
        Assert.Equal(1, (int)study.Results["schema"]!);
        Assert.Equal("mnist", (string?)study.Results["dataset"]!["name"]);
        Assert.NotEmpty((string)study.Results["machine"]!["processor"]!);
        Assert.Equal(7, Runs.Count());
        foreach (JsonNode run in Runs)
        {
            string name = (string)run["experiment"]!;
            Assert.NotEmpty((string)run["network"]!);
            Assert.Contains((string?)run["method"], new[] { "float32", "binaryconnect", "binaryconnect-stochastic", "binarynet" });
            bool isFloat = (string?)run["method"] == "float32";
            Assert.Contains((int)run["inputBits"]!, new[] { 32, 8, 1 });
            Assert.Equal(isFloat ? 32 : 1, (int)run["weightBits"]!);
            Assert.Contains((int)run["activationBits"]!, new[] { 32, 8, 1 });
            Assert.Equal(isFloat, (long)run["binaryParameters"]! == 0);
            Assert.True((long)run["parameters"]! > (long)run["binaryParameters"]!);
            int seeds = run["seeds"]!.AsArray().Count;
            foreach (string spread in new[] { "testAccuracy", "validationAccuracy", "testLoss", "trainSeconds" })
            {
                double[] values = [.. run[spread]!["values"]!.AsArray().Select(v => (double)v!)];
                Assert.Equal(seeds, values.Length);
                Assert.Equal(values.Average(), (double)run[spread]!["mean"]!, 12);
                Assert.Equal(seeds > 1 && values.Distinct().Count() > 1, (double)run[spread]!["std"]! > 0);
            }
            Assert.InRange((double)run["testAccuracy"]!["mean"]!, 0.6, 1);
            Assert.Equal(seeds, run["hardSetAccuracy"]!["values"]!.AsArray().Count);
            Assert.True((double)run["hardSetAccuracy"]!["mean"]! < (double)run["testAccuracy"]!["mean"]! - 0.1, name);
            Assert.Equal(1, (int)run["epochs"]!);
            Assert.True((long)run["trainingModelBytes"]! >= 16 * (long)run["parameters"]!);
            Assert.True((long)run["peakTrainingBytes"]! > 50_000_000);
            foreach (string batch in new[] { "batch1", "batch256" })
            {
                double own = (double)run["inferenceNanoseconds"]![batch]!,
                    peer = (double)run["peer"]![batch]!;
                Assert.True(own > 0 && peer > 0);
                Assert.Equal(peer / own, (double)run["ratio"]![batch]!, 6);
            }
            Assert.Equal("ONNX Runtime", (string?)run["peer"]!["name"]);
            Assert.Equal(isFloat, (double)run["ratio"]!["batch1"]! == 1);
            int[][] confusion = [.. run["confusion"]!.AsArray().Select(row => row!.AsArray().Select(n => (int)n!).ToArray())];
            Assert.Equal(10_000, confusion.Sum(row => row.Sum()));
            Assert.Equal(980, confusion[0].Sum());
            Assert.Equal((double)run["testAccuracy"]!["values"]![0]!, confusion.Select((row, c) => row[c]).Sum() / 10_000.0, 12);
            foreach (string curve in new[] { "trainLoss", "validationLoss", "validationAccuracy" })
            {
                Assert.Single(run["curves"]![curve]!.AsArray());
            }
        }
    }

    [Fact]
    public void Binarized_networks_are_packed_unless_their_activations_are_floats()
    {
        foreach (JsonNode run in Runs)
        {
            Assert.Equal((int)run["weightBits"]! == 1 && (int)run["activationBits"]! < 32, (bool)run["packed"]!);
        }

        Assert.Contains(Runs, r => (string?)r["notPackedBecause"] is { Length: > 0 });
        Assert.All(
            Runs.Where(r => (string?)r["network"] == "logistic" && (bool)r["packed"]!),
            r => Assert.InRange((long)r["modelBytes"]!, 981, 1200)
        );
    }

    [Fact]
    public void A_stochastic_run_reports_its_four_evaluations()
    {
        JsonNode run = Runs.Single(r => (string?)r["method"] == "binaryconnect-stochastic");
        Assert.Equal(["frozen", "latent", "sampled", "sign"], run["forms"]!.AsArray().Select(f => (string)f!["form"]!).Distinct().Order());
        Assert.NotNull((string?)run["evaluatedForm"]);
    }

    [Fact]
    public void Every_packed_file_gives_the_reported_accuracy_on_the_runtime_and_every_integer_of_evaluation_mode()
    {
        foreach (JsonNode run in Runs.Where(r => (bool)r["packed"]!))
        {
            string model = Path.Combine(study.Folder, "runs", $"{run["experiment"]}-seed1", "model.onebit");
            Assert.Equal((long)run["modelBytes"]!, new FileInfo(model).Length);
            (int code, string output, _) = OnebitProcess.Run("eval", model, "--check", "--json");
            Assert.Equal(0, code);
            JsonNode eval = JsonNode.Parse(output)!;
            Assert.Equal(10_000, (int)eval["count"]!);
            Assert.Equal(0, (long)eval["differentIntegers"]!);
            Assert.InRange((long)eval["comparedIntegers"]!, 10_000 * (784 + 10 + 10), long.MaxValue);
            Assert.Equal((double)run["testAccuracy"]!["values"]![0]!, (double)eval["accuracy"]!, 12);
            Assert.True(JsonNode.DeepEquals(run["confusion"], eval["confusion"]));
        }
    }

    [Fact]
    public void Inspect_accounts_for_the_bytes_and_the_weights()
    {
        JsonNode run = Runs.Single(r => (string?)r["experiment"] == "tiny-cnn-binarynet");
        string model = Path.Combine(study.Folder, "runs", "tiny-cnn-binarynet-seed1", "model.onebit");
        (int code, string output, _) = OnebitProcess.Run("inspect", model, "--json");
        Assert.Equal(0, code);
        JsonNode inspected = JsonNode.Parse(output)!;
        JsonNode[] layers = [.. inspected["layers"]!.AsArray().Select(l => l!)];
        Assert.Equal((long)run["modelBytes"]!, (long)inspected["fileBytes"]!);
        Assert.InRange((long)inspected["fileBytes"]! - layers.Sum(l => (long)l["bytes"]!), 1, 32); // magic, input, checksum
        Assert.Equal((long)run["binaryParameters"]!, layers.Where(l => (int?)l["weightBits"] == 1).Sum(l => (long)l["parameters"]!));
        Assert.Equal((long)run["multiplyAccumulates"]!, layers.Sum(l => (long)l["oneBitMacs"]! + (long)l["multiBitMacs"]!));
        Assert.Equal((long)run["peakActivationBytes"]!, (long)inspected["peakActivationBytes"]!);
        Assert.InRange((long)inspected["peakActivationBytes"]!, 784 / 8, 784 * 8);
        (_, string table, _) = OnebitProcess.Run("inspect", model);
        Assert.Contains("Linear 5x5 stride 3", table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_python_of_the_documentation_finds_the_accuracies()
    {
        DebianPython.Require("numpy");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "results-format.md"));
        string program = Regex
            .Match(page, "```python\n(.*?)```", RegexOptions.Singleline)
            .Groups[1]
            .Value.Replace("onebit-study", study.Folder, StringComparison.Ordinal)
            .Replace("mlp-float32", "logistic-float32", StringComparison.Ordinal)
            .Replace("mlp-binarynet", "logistic-binaryconnect", StringComparison.Ordinal);
        (int code, string output) = DebianPython.Run(program, Repository.Root);
        Assert.True(code == 0, output);
        string[][] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '))];
        Assert.Equal(["logistic-float32", "logistic-binaryconnect"], lines.Select(l => l[0]));
        // One image in a thousand for other roundings of float32.
        Assert.All(
            lines,
            l =>
                Assert.Equal(
                    double.Parse(l[1], CultureInfo.InvariantCulture),
                    double.Parse(l[2], CultureInfo.InvariantCulture),
                    tolerance: 0.001
                )
        );
    }

    [Fact]
    public void The_report_is_one_file_that_needs_no_network()
    {
        string report = File.ReadAllText(Path.Combine(study.Folder, "report.html"));
        Assert.Contains("</html>", report, StringComparison.Ordinal);
        Assert.All(Runs, r => Assert.Contains((string)r["network"]!, report, StringComparison.Ordinal));
        Assert.DoesNotMatch("src=\"(?!data:)", report);
        // Links lead to sections, and to the files beside the page.
        string[] files = [.. Regex.Matches(report, "href=\"([^#\"]+)\"").Select(m => m.Groups[1].Value)];
        Assert.Contains("results.json", files);
        Assert.All(files, f => Assert.True(File.Exists(Path.Combine(study.Folder, f)), f));
    }

    [Fact]
    public void A_second_study_in_the_same_folder_trains_nothing_anew()
    {
        string[] runs = Directory.GetFiles(study.Folder, "run.json", SearchOption.AllDirectories);
        DateTime[] before = [.. runs.Select(File.GetLastWriteTimeUtc)];
        (int code, _, string error) = OnebitProcess.Run("study", "--preset", "smoke", "--out", study.Folder);
        Assert.True(code == 0, error);
        Assert.Equal(9, runs.Length);
        Assert.Equal(before, runs.Select(File.GetLastWriteTimeUtc));
    }
}
