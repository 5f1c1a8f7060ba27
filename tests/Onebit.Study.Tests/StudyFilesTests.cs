using System.Text.Json;
using Onebit.Training;

namespace Onebit.Study.Tests;

/// <summary>What lies beside a report, and what the report says of itself.</summary>
public class StudyFilesTests
{
    [Fact]
    public void Runs_and_curves_are_tables_and_plots_stand_alone()
    {
        Synthetic study = Two();
        Dictionary<string, string> files = StudyFiles.Of(study.Results).ToDictionary(f => f.Name, f => f.Text);
        string[] runs = files["runs.csv"].TrimEnd().Split('\n');
        Assert.Equal(3, runs.Length);
        Assert.All(
            runs,
            line => Assert.Equal(runs[0].Count(c => c == ','), line.Replace("\"a, b\"", "", StringComparison.Ordinal).Count(c => c == ','))
        );
        Assert.Contains("\"a, b\",", runs[1], StringComparison.Ordinal);
        string[] curves = files["curves.csv"].TrimEnd().Split('\n');
        Assert.Equal("experiment,epoch,trainLoss,validationLoss,validationAccuracy", curves[0]);
        Assert.Equal(1 + 2 * 3, curves.Length);
        Assert.All(
            files.Where(f => f.Key.StartsWith("plots/", StringComparison.Ordinal)),
            f => Assert.Contains("@font-face", f.Value, StringComparison.Ordinal)
        );
        Assert.Contains("plots/curves-1-loss.svg", files.Keys);
    }

    [Fact]
    public void The_report_says_who_made_it_when_from_what_and_links_to_its_files()
    {
        Synthetic study = Two();
        study.Change(r => r with { Layers = "conv 20 5x5, dense", Recipe = "adam 0.01, 3 epochs", Steps = 27 });
        StudyResults results = study.Results with { Program = new ProgramInfo("2026-11-28", "1.2.3", "0123456789abcdef") };
        string page = ReportWriter.Write(
            results with
            {
                Dataset = results.Dataset with { Sha256 = "fedcba9876543210ffff" },
            },
            study.Predictions,
            study.Test,
            files: ["results.json", "plots/a.svg"]
        );
        foreach (
            string part in new[]
            {
                "Version 1.2.3, commit 0123456789,",
                "<a href=\"plots/a.svg\">",
                "fedcba9876543210</code>",
                "adam 0.01, 3 epochs",
                "are 27 steps, which is far too short",
                "binaryconnect 8/1/8",
                "seed, 9",
            }
        )
        {
            Assert.Contains(part, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_methods_with_seeds_are_compared_by_a_test()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 2, seeds: 3);
        study.Add("net", "binaryconnect", 4, seeds: 3);
        Assert.DoesNotContain("id=\"methods\"", study.Report, StringComparison.Ordinal);
        study.Add("net", "binarynet", 40, seeds: 3);
        Assert.Contains("id=\"methods\"", study.Report, StringComparison.Ordinal);
        Assert.Contains(
            "It differs significantly from 1 of the 1\u00a0other",
            study.Report.Replace("&#160;", "\u00a0", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_interval_is_that_of_Wilson()
    {
        var interval = Wilson.Of(0.9, 100);
        Assert.Equal((0.8256, 0.9448), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
        Assert.Equal(1, Wilson.Of(1, 10).High, 9);
    }

    [Fact]
    public void The_progress_of_a_first_epoch_is_read()
    {
        var progress = new TrainingProgress(1, 3, 0.1, 0.5, 20);
        string json = JsonSerializer.Serialize(progress, Experiment.Json);
        Assert.Equal(progress, JsonSerializer.Deserialize<TrainingProgress>(json, Experiment.Json));
    }

    private static Synthetic Two()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 2, experiment: "a, b");
        study.Add("net", "binaryconnect", 4);
        return study;
    }
}
