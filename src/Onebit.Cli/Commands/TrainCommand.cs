using System.CommandLine;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;
using TorchSharp;

namespace Onebit.Cli;

/// <summary><c>onebit train</c>: one experiment, one seed.</summary>
internal static class TrainCommand
{
    internal static Command Create()
    {
        var experiment = new Argument<string>("EXPERIMENT")
        {
            Description = "An experiment file (JSON), or the name of a shipped one such as quick/mlp-binaryconnect.",
        };
        experiment.Validators.Add(result =>
        {
            if (Find(result.GetValueOrDefault<string>()) is null)
            {
                string name = result.GetValueOrDefault<string>();
                result.AddError(
                    $"There is no experiment file '{name}' and no shipped experiment of that name"
                        + (
                            Preset.Names.Contains(name) ? $"; '{name}' is a preset, try 'onebit list {name}'"
                            : NearName.Hint(name, Preset.Experiments) is { Length: > 0 } hint ? hint
                            : "; 'onebit list' shows them"
                        )
                );
            }
        });
        var seed = new Option<int?>("--seed")
        {
            Description = "Seed of weights, order and augmentation. The default is the experiment's first seed.",
            HelpName = "N",
        };
        Option<string> data = SharedOptions.Data();
        Option<Shape?> size = SharedOptions.Size();
        Option<int?> epochs = SharedOptions.Epochs();
        var output = new Option<string?>("--out")
        {
            Description = "The run's folder. The default is onebit-runs/EXPERIMENT-seedN.",
            HelpName = "DIR",
        };
        Option<int> threads = SharedOptions.Count(
            "--threads",
            "Threads of libtorch. For small networks two processes are faster than two threads.",
            1,
            () => 1
        );
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Train nothing. Print the layers, bytes, memory and multiply-accumulates of the network.",
        };
        Option<bool> json = SharedOptions.Json();
        var child = new Option<bool>("--child") { Description = "End when standard input closes. Show no progress.", Hidden = true };
        var command = new Command(
            "train",
            """
            Train one experiment, pack it and evaluate it. A checkpoint is written after each epoch.
            After an interruption the same command continues.

            Example: onebit train quick/mlp-binaryconnect --seed 2 --out my-run
            """
        )
        {
            experiment,
            seed,
            data,
            size,
            epochs,
            output,
            threads,
            dryRun,
            json,
            child,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                Experiment written = ExperimentFile.Load(Find(parsed.GetRequiredValue(experiment))!);
                int chosenSeed = parsed.GetValue(seed) ?? written.Seeds[0];
                string folder = parsed.GetValue(output) ?? Path.Combine("onebit-runs", $"{written.Name}-seed{chosenSeed}");
                if (!parsed.GetValue(dryRun))
                {
                    OutputFolder.Require(folder);
                }

                torch.set_num_threads(parsed.GetValue(threads));
                Dataset images = DataCommand.LoadShowingProgress(SharedOptions.DataFor([written], parsed, data), parsed.GetValue(size));
                Experiment chosen = TrainingLength.Resolve(written, images, parsed.GetValue(epochs));
                if (!parsed.GetValue(child))
                {
                    var plan = NetworkPlan.Of(chosen, images);
                    Note(written, chosen, parsed.GetValue(epochs), plan);
                    if (parsed.GetValue(dryRun))
                    {
                        PlanTable.Print(chosen, images, plan, parsed.GetValue(json));
                        return Task.FromResult(0);
                    }
                }

                RunResult result;
                if (parsed.GetValue(child))
                {
                    using var parentGone = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                    Task.Run(
                        () =>
                        {
                            while (Console.In.Read() >= 0) { }
                            parentGone.Cancel();
                        },
                        CancellationToken.None
                    );
                    result = new Trainer(chosen, images, chosenSeed, folder).Run(parentGone.Token);
                }
                else
                {
                    result = ProgressDisplay.Show(display =>
                    {
                        var trainer = new Trainer(
                            chosen,
                            images,
                            chosenSeed,
                            folder,
                            new SynchronousProgress<TrainingProgress>(p =>
                                display.Report($"{chosen.Name}, seed {chosenSeed}", p.Done, ProgressDisplay.Describe(p), p.SecondsLeft)
                            )
                        );
                        return trainer.Run(cancellation);
                    });
                    if (parsed.GetValue(json))
                    {
                        Console.WriteLine(InputFile.ReadText(Path.Combine(folder, RunFolder.ResultFile)));
                    }
                    else
                    {
                        Print(result, folder);
                    }

                    foreach (string warning in result is ClassificationResult run ? ShortTraining.Warnings(run) : [])
                    {
                        Failure.Say(warning);
                    }
                }
                return Task.FromResult(0);
            }
        );
        return command;
    }

    /// <summary>A file's path, or a shipped experiment's as PRESET/NAME.</summary>
    private static string? Find(string argument) =>
        new[] { argument, Path.Combine(ExperimentFile.ShippedFolder, argument + ".json") }.FirstOrDefault(File.Exists);

    private static void Note(Experiment written, Experiment chosen, int? epochs, NetworkPlan plan)
    {
        if (TrainingLength.Describe([(written, chosen)], epochs) is { } longer)
        {
            Failure.Say(longer);
        }

        if (plan.Obstacle is { } obstacle)
        {
            Failure.Say($"the network can be trained, but not packed: {obstacle}.");
        }
    }

    private static void Print(RunResult result, string folder)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        if (result is ClassificationResult classifier)
        {
            var interval = Wilson.Of(classifier.TestAccuracy, classifier.TestPredictions.Length);
            table.AddTextRow(
                "test accuracy",
                $"{classifier.TestAccuracy:P2} (1 seed; {interval.Low:P2} to {interval.High:P2} on other test images)"
            );
            table.AddTextRow("validation accuracy", $"{classifier.ValidationAccuracy:P2}");
        }
        else if (result is GenerationResult generator)
        {
            table.AddTextRow("test loss", $"{generator.TestLoss:F4}");
            table.AddTextRow("validation loss", $"{generator.ValidationLoss:F4}");
        }
        else if (result is BitGenerationResult bits)
        {
            foreach (LikelihoodBound bound in bits.Bounds)
            {
                table.AddTextRow(
                    "bound",
                    $"{bound.Bound:F2} nats per test image with {bound.Steps} steps (standard error {bound.BoundStandardError:F2})"
                );
            }
        }

        table.AddTextRow("binarized weights", $"{result.BinaryParameters:N0} of {result.Parameters:N0} parameters");
        table.AddTextRow(
            "size",
            result.Packed ? $"{result.ModelBytes:N0} bytes, the .onebit file"
                : result.BinaryParameters == 0 ? $"{result.ModelBytes:N0} bytes, the safetensors file"
                : $"{result.ModelBytes:N0} bytes, counted in bits and floats. Not packed: {result.NotPackedBecause ?? ""}"
        );
        table.AddTextRow(
            "trained in",
            $"{result.TrainSeconds:N1} s by the clock, {result.TrainProcessorSeconds:N1} s of processor time, "
                + $"{result.Epochs} epoch{(result.Epochs == 1 ? "" : "s")}"
        );
        table.AddTextRow("folder", folder);
        AnsiConsole.Write(table);
    }
}
