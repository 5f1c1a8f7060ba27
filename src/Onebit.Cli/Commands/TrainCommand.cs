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
                result.AddError(
                    $"There is no experiment file '{result.GetValueOrDefault<string>()}' and no shipped experiment of that name"
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
            output,
            threads,
            child,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                Experiment chosen = ExperimentFile.Load(Find(parsed.GetRequiredValue(experiment))!);
                int chosenSeed = parsed.GetValue(seed) ?? chosen.Seeds[0];
                string folder = parsed.GetValue(output) ?? Path.Combine("onebit-runs", $"{chosen.Name}-seed{chosenSeed}");
                OutputFolder.Require(folder);
                torch.set_num_threads(parsed.GetValue(threads));
                Dataset images = DataCommand.LoadShowingProgress(SharedOptions.DataFor([chosen], parsed, data), parsed.GetValue(size));
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
                                display.Report($"{chosen.Name}, seed {chosenSeed}", p.Done, ProgressDisplay.Describe(p))
                            )
                        );
                        return trainer.Run(cancellation);
                    });
                    Print((ClassificationResult)result, folder);
                }
                return Task.FromResult(0);
            }
        );
        return command;
    }

    /// <summary>A file's path, or a shipped experiment's as PRESET/NAME.</summary>
    private static string? Find(string argument) =>
        new[] { argument, Path.Combine(ExperimentFile.ShippedFolder, argument + ".json") }.FirstOrDefault(File.Exists);

    private static void Print(ClassificationResult result, string folder)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.AddTextRow("test accuracy", $"{result.TestAccuracy:P2} (1 seed)");
        table.AddTextRow("validation accuracy", $"{result.ValidationAccuracy:P2}");
        table.AddTextRow("binarized weights", $"{result.BinaryParameters:N0} of {result.Parameters:N0} parameters");
        table.AddTextRow(
            "size",
            result.Packed ? $"{result.ModelBytes:N0} bytes, the .onebit file"
                : result.BinaryParameters == 0 ? $"{result.ModelBytes:N0} bytes, the safetensors file"
                : $"{result.ModelBytes:N0} bytes, counted in bits and floats. Not packed: {result.NotPackedBecause ?? ""}"
        );
        table.AddTextRow("trained in", $"{result.TrainSeconds:N1} s, {result.Epochs} epochs");
        table.AddTextRow("folder", folder);
        AnsiConsole.Write(table);
    }
}
