using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

public class ResumeTests
{
    private const string Experiment = """
        {
          "network": "logistic", "method": "binaryconnect", "epochs": 3, "batchSize": 200,
          "optimizer": { "type": "adam", "rate": 0.005 }, "schedule": { "type": "cosine" },
          "augmentation": { "rotation": 5 }
        }
        """;

    [Fact]
    public void A_run_killed_in_its_second_epoch_ends_with_the_numbers_of_an_undisturbed_one()
    {
        using var folder = new TemporaryFolder();
        string experiment = folder.File("resume.json");
        File.WriteAllText(experiment, Experiment);
        string killed = folder.File("killed"),
            undisturbed = folder.File("undisturbed");

        using (Process process = OnebitProcess.Start("train", experiment, "--out", killed))
        {
            string checkpoint = Path.Combine(killed, "checkpoint.safetensors");
            Assert.True(SpinWait.SpinUntil(() => File.Exists(checkpoint) || process.HasExited, TimeSpan.FromMinutes(2)));
            process.Kill();
            process.WaitForExit();
        }
        Assert.False(File.Exists(Path.Combine(killed, "run.json")), "It was to be killed before its end.");

        Assert.Equal(0, OnebitProcess.Run("train", experiment, "--out", killed).ExitCode);
        Assert.Equal(0, OnebitProcess.Run("train", experiment, "--out", undisturbed).ExitCode);
        foreach (string file in new[] { "weights.safetensors", "model.onebit" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }

        JsonNode one = Result(undisturbed),
            other = Result(killed);
        foreach (string number in new[] { "testAccuracy", "testLoss", "validationAccuracy", "testPredictions", "curves" })
        {
            Assert.Equal(one[number]!.ToJsonString(), other[number]!.ToJsonString());
        }

        Assert.Equal(3, (int)one["epochs"]!);
        Assert.False(File.Exists(Path.Combine(killed, "checkpoint.safetensors")));
    }

    [Fact]
    public void Two_processes_do_not_train_in_one_folder()
    {
        using var folder = new TemporaryFolder();
        string experiment = folder.File("twice.json");
        File.WriteAllText(experiment, Experiment.Replace("\"epochs\": 3", "\"epochs\": 1000", StringComparison.Ordinal));
        string run = folder.File("run");
        using Process first = OnebitProcess.Start("train", experiment, "--out", run);
        try
        {
            Assert.True(
                SpinWait.SpinUntil(() => File.Exists(Path.Combine(run, "progress.json")) || first.HasExited, TimeSpan.FromMinutes(2))
            );
            (int code, _, string error) = OnebitProcess.Run("train", experiment, "--out", run);
            Assert.Equal(1, code);
            Assert.Contains("Another process trains in", error, StringComparison.Ordinal);
        }
        finally
        {
            first.Kill();
            first.WaitForExit();
        }
    }

    private static JsonNode Result(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run.json")))!;
}
