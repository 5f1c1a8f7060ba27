using System.Text.Json.Nodes;
using Onebit.Datasets.Tests;

namespace Onebit.Cli.Tests;

/// <summary>Names, folders and files that nobody thought of: one sentence, and no trace of the stack.</summary>
public class FailureTests
{
    private const string Experiment = """
        { "network": "logistic", "method": "binaryconnect", "epochs": 1, "batchSize": 20, "optimizer": { "type": "adam", "rate": 0.01 } }
        """;

    [Fact]
    public void Brackets_in_names_are_no_markup()
    {
        using var folder = new TemporaryFolder();
        string data = Data(folder),
            experiment = folder.Add("log [v1].json", Experiment),
            output = folder.File("run [v2]");
        (int code, string printed, string error) = OnebitProcess.Run("train", experiment, "--data", data, "--out", output);
        Assert.True(code == 0, error);
        Assert.Contains("run [v2]", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_expected_is_a_sentence_and_a_file_with_the_details()
    {
        using var error = new StringWriter();
        TextWriter before = Console.Error;
        Console.SetError(error);
        try
        {
            Assert.Equal(1, Failure.End(new AggregateException(new InvalidOperationException("first\nsecond \u001b[31m"))));
            Assert.Equal(1, Failure.End(new IOException("one\ntwo\u202e")));
        }
        finally
        {
            Console.SetError(before);
        }

        string[] lines = error.ToString().TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("InvalidOperationException: first", lines[0], StringComparison.Ordinal);
        Assert.Equal("onebit: one two\\u202E", lines[1].TrimEnd());
        string details = lines[0].Split('\'')[1];
        Assert.Contains("second", File.ReadAllText(details), StringComparison.Ordinal);
        File.Delete(details);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("study")]
    [InlineData("explore")]
    public void A_place_that_cannot_be_written_is_found_before_the_work(string command)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Add("file", "no folder"),
            preset = Path.GetDirectoryName(folder.Add("preset/e.json", Experiment))!;
        string[] arguments = command switch
        {
            "train" => ["train", Path.Combine(preset, "e.json")],
            "study" => ["study", "--preset", preset],
            _ => ["explore"],
        };
        (int code, string output, string error) = OnebitProcess.Run([.. arguments, "--out", Path.Combine(file, "below")]);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
        Assert.Contains("choose another --out", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n')); // No data set was loaded before.
    }

    [Fact]
    public void A_missing_temporary_folder_ends_no_command()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["TMPDIR"] = folder.File("missing") };
        Assert.Equal(0, OnebitProcess.Run(environment, "--help").ExitCode);
        (int code, _, string error) = OnebitProcess.Run(
            environment,
            "train",
            folder.Add("e.json", Experiment),
            "--data",
            Data(folder),
            "--out",
            folder.File("out")
        );
        Assert.True(code == 0, error);
    }

    [Fact]
    public void A_study_writes_where_it_is_told_to_and_goes_on_without_a_run_that_cannot_be_used()
    {
        using var folder = new TemporaryFolder();
        string data = Data(folder),
            home = folder.File("home"),
            temporary = folder.File("temporary"),
            study = folder.File("study");
        folder.Add("preset/a.json", Experiment);
        string preset = Path.GetDirectoryName(folder.Add("preset/b.json", Experiment))!;
        Directory.CreateDirectory(home);
        Directory.CreateDirectory(temporary);
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["XDG_CACHE_HOME"] = Path.Combine(home, "cache"),
            ["TMPDIR"] = temporary,
            ["DOTNET_EnableDiagnostics"] = "0", // Its pipes are the runtime's own.
        };
        string[] arguments = ["study", "--preset", preset, "--data", data, "--out", study];
        (int code, _, string error) = OnebitProcess.Run(environment, arguments);
        Assert.True(code == 0, error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home, "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary, "*", SearchOption.AllDirectories));

        // An accuracy that its predictions do not have; then another run's model; then half a file.
        string run = Path.Combine(study, "runs", "a-seed1"),
            result = Path.Combine(run, "run.json"),
            model = Path.Combine(run, "model.onebit");
        string good = File.ReadAllText(result);
        JsonObject json = JsonNode.Parse(good)!.AsObject();
        json["testAccuracy"] = 1e308;
        File.WriteAllText(result, json.ToJsonString());
        Assert.Contains("its accuracy", GoesOn(), StringComparison.Ordinal);
        Assert.Equal(1, OnebitProcess.Run(arguments).ExitCode);

        File.WriteAllText(result, good);
        byte[] own = File.ReadAllBytes(model);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "models", "mnist-tiny.onebit"), model, overwrite: true);
        Assert.Contains("its model is another one", GoesOn(), StringComparison.Ordinal);

        File.WriteAllBytes(model, own);
        File.WriteAllText(result, good[..(good.Length / 2)]);
        Assert.Contains("is damaged", GoesOn(), StringComparison.Ordinal);

        string GoesOn()
        {
            (int code, string output, string error) = OnebitProcess.Run([.. arguments, "--finished", "--json"]);
            Assert.True(code == 0, error);
            Assert.Equal("b", (string?)JsonNode.Parse(output)!["runs"]!.AsArray().Single()!["experiment"]);
            return error.Split('\n').First(line => line.Contains(run, StringComparison.Ordinal));
        }
    }

    /// <summary>Bright and dark pictures, 20 of each.</summary>
    private static string Data(TemporaryFolder folder)
    {
        for (int i = 0; i < 20; i++)
        {
            byte shade = (byte)(4 * i);
            folder.Add($"data/bright/{i:D2}.bmp", Pictures.Bmp(28, 28, (y, _) => (byte)(255 - shade - y)));
            folder.Add($"data/dark/{i:D2}.bmp", Pictures.Bmp(28, 28, (y, _) => (byte)(shade + y)));
        }

        return folder.File("data");
    }
}
