using System.CommandLine;
using System.Diagnostics;
using Onebit.Datasets;
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
                result.AddError(Preset.Unknown(name));
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
        Option<int?> epochs = SharedOptions.Epochs();
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
        var slurm = new Option<bool>("--slurm")
        {
            Description =
                "Submit the trainings to Slurm as job arrays, and a last job that writes the report. "
                + "The same command submits again what failed.",
        };
        var partition = new Option<string?>("--partition") { Description = "Slurm's partition.", HelpName = "P" };
        var concurrent = new Option<int?>("--concurrent") { Description = "The most trainings that Slurm runs at a time.", HelpName = "N" };
        concurrent.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int?>() is < 1)
            {
                result.AddError($"--concurrent takes a whole number from 1 on, not '{result.Tokens[0].Value}'");
            }
        });
        var status = new Option<bool>("--status") { Description = "Show which trainings run, wait and failed. Nothing is started." };
        var list = new Option<bool>("--list-runs")
        {
            Description = "Print one command per training that is not finished, for another queue. Those that others need come first.",
        };
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "study",
            """
            Train every network in full precision and binarized. Pack, measure and compare them.
            Writes report.html, results.json, runs.csv, curves.csv and plots. After an interruption the same command continues.

            Example: onebit study --preset quick --out my-study
            """
        )
        {
            preset,
            output,
            data,
            size,
            epochs,
            jobs,
            finished,
            archive,
            slurm,
            partition,
            concurrent,
            status,
            list,
            json,
        };
        command.Validators.Add(result =>
        {
            if (new[] { slurm, status, list, finished }.Count(result.GetValue) > 1)
            {
                result.AddError("--slurm, --status, --list-runs and --finished exclude each other; give one of them");
            }
            else if (!result.GetValue(slurm) && (result.GetValue(partition) is not null || result.GetValue(concurrent) is not null))
            {
                result.AddError("--partition and --concurrent are for --slurm; add it or leave them out");
            }
        });
        command.SetAction(
            (parsed, cancellation) =>
            {
                string folder = parsed.GetRequiredValue(output),
                    experiments = parsed.GetRequiredValue(preset),
                    images = SharedOptions.DataFor(Preset.Load(experiments), parsed, data);
                OutputFolder.Require(folder);
                var notes = new List<string>();
                FolderReading? reading = null;
                // What is noted is said between two displays: a line written into one is overwritten.
                StudyRunner runner = ProgressDisplay.Show(display => new StudyRunner(
                    experiments,
                    images,
                    folder,
                    Self,
                    parsed.GetValue(size),
                    parsed.GetValue(epochs),
                    parsed.GetValue(archive),
                    DataCommand.Loading(display),
                    r => reading = r,
                    notes.Add
                ));
                DataCommand.Tell(reading);
                notes.ForEach(Failure.Say);
                bool asJson = parsed.GetValue(json);
                if (parsed.GetValue(list))
                {
                    RemoteStudy.List(runner.Tasks(), SelfArguments());
                    return Task.FromResult(0);
                }

                if (parsed.GetValue(status))
                {
                    RemoteStudy.Status(new SlurmStudy(folder, SelfArguments()).Status(runner.Tasks), asJson);
                    return Task.FromResult(0);
                }

                if (parsed.GetValue(slurm))
                {
                    string[] report =
                    [
                        "study",
                        "--preset",
                        experiments,
                        "--data",
                        images,
                        "--out",
                        folder,
                        "--finished",
                        .. parsed.GetValue(size) is { } s ? (string[])["--size", DatasetInfo.SizeText(s)] : [],
                        .. parsed.GetValue(epochs) is { } e ? (string[])["--epochs", $"{e}"] : [],
                        .. parsed.GetValue(archive) is { } a ? (string[])["--archive", a] : [],
                    ];
                    int submitted = new SlurmStudy(folder, SelfArguments()).Submit(
                        runner.Tasks(),
                        report,
                        parsed.GetValue(partition),
                        parsed.GetValue(concurrent)
                    );
                    Console.WriteLine($"{submitted} trainings submitted. 'onebit study --status' with the same options shows them.");
                    return Task.FromResult(0);
                }

                T Execute<T>(
                    Func<
                        int,
                        bool,
                        IProgress<IReadOnlyList<RunProgress>>,
                        IProgress<MeasuringProgress>,
                        IProgress<string>,
                        CancellationToken,
                        T
                    > study
                )
                {
                    var unreadable = new List<string>();
                    try
                    {
                        return ProgressDisplay.Show(display =>
                            study(
                                parsed.GetValue(jobs),
                                parsed.GetValue(finished),
                                new SynchronousProgress<IReadOnlyList<RunProgress>>(runs => Report(display, runs)),
                                new SynchronousProgress<MeasuringProgress>(m => display.Report("measuring", m.Done, m.Experiment)),
                                new SynchronousProgress<string>(unreadable.Add),
                                cancellation
                            )
                        );
                    }
                    finally
                    {
                        unreadable.ForEach(Failure.Say);
                    }
                }

                if (runner.IsGeneration)
                {
                    GenerationResults drawn = Execute(runner.ExecuteGeneration);
                    LeftOut(drawn.MissingRuns, drawn.Runs.Concat<DiffusionRow>(drawn.Bits ?? []).Select(r => r.Experiment));
                    if (asJson)
                    {
                        Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(drawn, StudyResults.Json));
                    }
                    else
                    {
                        GenerationTable.Print(drawn, Path.Combine(folder, StudyRunner.ReportFile));
                    }

                    return Task.FromResult(0);
                }

                StudyResults results = Execute(runner.Execute);
                LeftOut(results.MissingRuns, results.Runs.Select(r => r.Experiment));
                foreach ((string warning, IReadOnlyList<string> about) in ShortTraining.Of(results.Runs))
                {
                    Failure.Say($"{string.Join(", ", about)}: {warning}");
                }

                if (asJson)
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

    private static void LeftOut(IReadOnlyList<MissingRun>? missing, IEnumerable<string> measured)
    {
        string[] without = [.. (missing ?? []).Select(m => m.Experiment).Distinct().Except(measured)];
        if (without.Length > 0)
        {
            Failure.Say($"left out, because they have no finished run: {string.Join(", ", without)}");
        }
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
            else if (run.Result is GenerationResult drawing)
            {
                display.Report(run.Name, 1, $"test loss {drawing.TestLoss:F4}");
            }
            else if (run.Result is BitGenerationResult bits)
            {
                display.Report(run.Name, 1, $"bound {bits.Bounds[0].Bound:F2} nats");
            }
            else if (run.Training is { } training)
            {
                display.Report(run.Name, Math.Min(run.Done, 0.999), ProgressDisplay.Describe(training), training.SecondsLeft);
            }
        }
    }

    /// <summary>This program with other arguments, whether it runs as an executable or through <c>dotnet</c>.</summary>
    private static ProcessStartInfo Self(IReadOnlyList<string> arguments)
    {
        string[] self = SelfArguments();
        return new ProcessStartInfo(self[0], [.. self[1..], .. arguments]);
    }

    private static string[] SelfArguments()
    {
        string program = Environment.ProcessPath!;
        bool hosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return hosted ? [program, typeof(StudyCommand).Assembly.Location] : [program];
    }

    private static void Print(StudyResults results, string report)
    {
        (string Accuracy, string Certainty) Describe(StudyRun run)
        {
            var interval = Wilson.Of(run.TestAccuracy.Mean, results.Dataset.TestImages);
            return run.Seeds.Count > 1
                ? ($"{100 * run.TestAccuracy.Mean:F2} ± {100 * run.TestAccuracy.Std:F2} %", $"{run.Seeds.Count} seeds")
                : ($"{run.TestAccuracy.Mean:P2}", $"{100 * interval.Low:F1}-{100 * interval.High:F1}");
        }

        IReadOnlyList<string>[] rows =
        [
            .. results.Runs.Select(run =>
                (IReadOnlyList<string>)
                    [
                        run.Network,
                        run.Method,
                        $"{run.InputBits}/{run.WeightBits}/{run.ActivationBits}",
                        Describe(run).Accuracy,
                        Describe(run).Certainty,
                        run.HardSetAccuracy is { } hard ? $"{hard.Mean:P2}" : "",
                        $"{run.ModelBytes:N0}" + (run.Packed || run.BinaryParameters == 0 ? "" : " counted"),
                        $"{run.TrainProcessorSeconds.Mean:N1} s",
                        $"{run.InferenceNanoseconds.Batch1 / 1000:N1} µs",
                        run.WeightBits == 32 ? "" : $"{run.Peer.Batch1 / 1000:N1} µs ({run.Ratio.Batch1:N1}×)",
                    ]
            ),
        ];
        AnsiConsole.Write(
            TextTable.Fitting(
                [
                    ("network", false, 0),
                    ("method", false, 0),
                    ("bits\nin/w/act", true, 1),
                    ("test\naccuracy", true, 0),
                    ("seeds, or\nrange", true, 7),
                    ("hard\nimages", true, 6),
                    ("bytes", true, 1),
                    ("training,\nprocessor", true, 5),
                    ("one\nimage", true, 2),
                    ("float32 at\nthat time", true, 4),
                ],
                rows,
                AnsiConsole.Profile.Width
            )
        );
        AnsiConsole.WriteLine(
            "Bits: of pixels, weights and activations. Range, with one seed: where other test images would put it, 95 times in 100."
        );
        AnsiConsole.WriteLine($"Report: {VisibleText.Of(report)}");
    }
}
