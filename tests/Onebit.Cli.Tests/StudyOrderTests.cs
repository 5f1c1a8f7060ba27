using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

/// <summary>Runs of a study that need other runs of it.</summary>
public sealed class StudyOrderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_study_trains_teachers_and_starts_before_the_runs_that_need_them()
    {
        // By cost alone the last would be first: it has the most epochs.
        Add("teacher", "float32", 1);
        Add("first", "binarynet", 2, """ "weightBits": 32, "distillation": { "teachers": ["teacher"] }, """);
        Add("second", "binarynet", 3, """ "initializeFrom": "first", "distillation": { "teachers": ["teacher-seed1", "first"] }, """);
        string study = _folder.File("study");
        (int code, _, string error) = OnebitProcess.Run("study", "--preset", _folder.File("preset"), "--out", study);
        Assert.True(code == 0, error);
        DateTime Finished(string run) => File.GetLastWriteTimeUtc(Path.Combine(study, "runs", run + "-seed1", "run.json"));
        Assert.True(Finished("teacher") < Finished("first") && Finished("first") < Finished("second"));
        Assert.True(File.Exists(Path.Combine(study, "runs", "second-seed1", "model.onebit")));
    }

    [Fact]
    public void Runs_that_need_each_other_are_named()
    {
        Add("hen", "binarynet", 1, """ "initializeFrom": "egg", """);
        Add("egg", "binarynet", 1, """ "initializeFrom": "hen", """);
        (int code, _, string error) = OnebitProcess.Run("study", "--preset", _folder.File("preset"), "--out", _folder.File("study"));
        Assert.Equal(1, code);
        Assert.Contains("need each other; break the circle", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_study_reports_what_is_finished_and_trains_nothing()
    {
        Add("whole", "float32", 1);
        Add("half", "binarynet", 1, """ "seeds": [1, 2], """);
        Add("none", "binaryconnect", 1);
        string study = _folder.File("study");
        string[] arguments = ["study", "--preset", _folder.File("preset"), "--out", study, "--finished"];
        (int code, _, string error) = OnebitProcess.Run(arguments);
        Assert.Equal(1, code);
        Assert.Contains($"'{study}' holds no finished run", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
        foreach ((string name, string seed) in new[] { ("whole", "1"), ("half", "2") })
        {
            (code, _, error) = OnebitProcess.Run(
                "train",
                _folder.File($"preset/{name}.json"),
                "--seed",
                seed,
                "--out",
                Path.Combine(study, "runs", $"{name}-seed{seed}")
            );
            Assert.True(code == 0, error);
        }

        (code, string output, error) = OnebitProcess.Run([.. arguments, "--json"]);
        Assert.True(code == 0, error);
        Assert.Contains("they have no finished run: none", error, StringComparison.Ordinal);
        JsonNode results = JsonNode.Parse(output)!;
        Assert.Equal(["whole [1]", "half [2]"], results["runs"]!.AsArray().Select(r => $"{r!["experiment"]} {r["seeds"]!.ToJsonString()}"));
        Assert.Equal(["half 1", "none 1"], results["missingRuns"]!.AsArray().Select(r => $"{r!["experiment"]} {r["seed"]}"));
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(study, "runs")).Length);
        Assert.Contains("The study is not finished", File.ReadAllText(Path.Combine(study, "report.html")), StringComparison.Ordinal);

        (code, output, error) = OnebitProcess.Run("report", Path.Combine(study, "results.json"));
        Assert.True(code == 0, error);
        Assert.StartsWith(
            "### logistic\n\nThe best run on the validation images is binarynet",
            output.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
    }

    private void Add(string name, string method, int epochs, string more = "")
    {
        Directory.CreateDirectory(_folder.File("preset"));
        File.WriteAllText(
            _folder.File($"preset/{name}.json"),
            $$"""
            {
              "network": "logistic", "method": "{{method}}", "epochs": {{epochs}}, "batchSize": 500, {{more}}
              "optimizer": { "type": "adam", "rate": 0.005 }
            }
            """
        );
    }
}
