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
        Add("second", "binarynet", 3, """ "start": "first", "distillation": { "teachers": ["teacher-seed1", "first"] }, """);
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
        Add("hen", "binarynet", 1, """ "start": "egg", """);
        Add("egg", "binarynet", 1, """ "start": "hen", """);
        (int code, _, string error) = OnebitProcess.Run("study", "--preset", _folder.File("preset"), "--out", _folder.File("study"));
        Assert.Equal(1, code);
        Assert.Contains("need each other; break the circle", error, StringComparison.Ordinal);
    }

    private void Add(string name, string method, int epochs, string more = "")
    {
        Directory.CreateDirectory(_folder.File("preset"));
        File.WriteAllText(_folder.File($"preset/{name}.json"), $$"""
            {
              "network": "logistic", "method": "{{method}}", "epochs": {{epochs}}, "batchSize": 500, {{more}}
              "optimizer": { "type": "adam", "rate": 0.005 }
            }
            """);
    }
}
