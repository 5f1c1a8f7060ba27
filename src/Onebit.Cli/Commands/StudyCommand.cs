using System.CommandLine;
using System.Diagnostics;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit study</c>: every experiment of a preset, compared.</summary>
internal static class StudyCommand
{
    internal static Command Create()
    {
        var preset = new Option<string>("--preset")
        {
            Description = $"Which experiments: {string.Join(", ", Preset.Names)}, or a folder of experiment files.",
            DefaultValueFactory = _ => "quick",
            HelpName = "NAME|FOLDER",
        };
        preset.Validators.Add(result =>
        {
            string name = result.GetValueOrDefault<string>();
            if (Preset.Find(name) is null)
            {
                result.AddError($"There is no preset '{name}'; use {string.Join(", ", Preset.Names)} or a folder of experiment files");
            }
        });
        var output = new Option<string>("--out")
        {
            Description = "The folder for results.json, report.html and the runs.",
            DefaultValueFactory = _ => "onebit-study",
            HelpName = "DIR",
        };
        Option<string> data = SharedOptions.Data();
        Option<Shape?> size = SharedOptions.Size();
        Option<int> jobs = SharedOptions.Count(
            "--jobs",
            "Trainings at a time. The default is one per core.",
            1,
            () => Environment.ProcessorCount
        );
        var finished = new Option<bool>("--finished") { Description = "Train nothing. Report the runs in DIR that are finished." };
        var archive = new Option<string?>("--archive")
        {
            Description =
                "A folder of finished runs. Runs are taken from it, and new ones are added: one file each, DIR/PRESET/NAME-seedN.zip.",
            HelpName = "DIR",
        };
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "study",
            """
            Train every network in full precision and binarized. Pack, measure and compare them.
            Writes results.json and report.html. After an interruption the same command continues.

            Example: onebit study --preset quick --out my-study
            """
        )
        {
            preset,
            output,
            data,
            size,
            jobs,
            finished,
            archive,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                string folder = parsed.GetRequiredValue(output),
                    experiments = parsed.GetRequiredValue(preset),
                    images = SharedOptions.DataFor(Preset.Load(experiments), parsed, data);
                OutputFolder.Require(folder);
                StudyResults results = ProgressDisplay.Show(display =>
                    new StudyRunner(
                        experiments,
                        images,
                        folder,
                        Self,
                        parsed.GetValue(size),
                        parsed.GetValue(archive),
                        DataCommand.Loading(display),
                        DataCommand.Tell
                    ).Execute(
                        parsed.GetValue(jobs),
                        parsed.GetValue(finished),
                        new SynchronousProgress<IReadOnlyList<RunProgress>>(runs => Report(display, runs)),
                        new SynchronousProgress<string>(what => display.Report("measuring", 0, what)),
                        new SynchronousProgress<string>(Failure.Say),
                        cancellation
                    )
                );
                string[] without =
                [
                    .. (results.MissingRuns ?? []).Select(m => m.Experiment).Distinct().Except(results.Runs.Select(r => r.Experiment)),
                ];
                if (without.Length > 0)
                {
                    Failure.Say($"left out, because they have no finished run: {string.Join(", ", without)}");
                }

                if (parsed.GetValue(json))
                {
                    Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(results, StudyResults.Json));
                }
                else
                {
                    Print(results, Path.Combine(folder, StudyRunner.ReportFile));
                }

                return Task.FromResult(0);
            }
        );
        return command;
    }

    private static void Report(ProgressDisplay display, IReadOnlyList<RunProgress> runs)
    {
        double done = runs.Sum(r => r.Cost * r.Done);
        display.Report("all runs", done, $"{runs.Count(r => r.Result is not null)} of {runs.Count}");
        foreach (RunProgress run in runs)
        {
            if (run.Result is ClassificationResult result)
            {
                display.Report(run.Name, 1, $"test {result.TestAccuracy:P2}");
            }
            else if (run.Training is { } training)
            {
                display.Report(run.Name, Math.Min(run.Done, 0.999), ProgressDisplay.Describe(training));
            }
        }
    }

    /// <summary>This program with other arguments, whether it runs as an executable or through <c>dotnet</c>.</summary>
    private static ProcessStartInfo Self(IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath!;
        bool hosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new ProcessStartInfo(program, hosted ? [typeof(StudyCommand).Assembly.Location, .. arguments] : arguments);
    }

    private static void Print(StudyResults results, string report)
    {
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumn("network")
            .AddColumn("method")
            .AddColumn(new TableColumn("bits\nin/w/act").RightAligned())
            .AddColumn(new TableColumn("test accuracy").RightAligned())
            .AddColumn(new TableColumn("hard images").RightAligned())
            .AddColumn(new TableColumn("bytes").RightAligned())
            .AddColumn(new TableColumn("training").RightAligned())
            .AddColumn(new TableColumn("one image\n(vs. float32)").RightAligned());
        foreach (StudyRun run in results.Runs)
        {
            table.AddTextRow(
                run.Network,
                run.Method,
                $"{run.InputBits}/{run.WeightBits}/{run.ActivationBits}",
                run.Seeds.Count == 1
                    ? $"{run.TestAccuracy.Mean:P2} (1 seed)"
                    : $"{run.TestAccuracy.Mean:P2} ± {run.TestAccuracy.Std:P2} ({run.Seeds.Count} seeds)",
                run.HardSetAccuracy is { } hard ? $"{hard.Mean:P2}" : "",
                $"{run.ModelBytes:N0}" + (run.Packed || run.BinaryParameters == 0 ? "" : " counted"),
                $"{run.TrainSeconds.Mean:N1} s",
                $"{run.InferenceNanoseconds.Batch1 / 1000:N1} µs (x{run.Ratio.Batch1:N2})"
            );
        }
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"Report: {VisibleText.Of(report)}");
    }
}
