using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Datasets;
using Onebit.Export;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit verify</c>: exported models against the runtime.</summary>
internal static class VerifyCommand
{
    private static readonly VerificationTarget[] s_targets = [.. VerificationTargets.All, new OnnxTarget()];

    private const int DefaultImages = 200,
        DefaultEmulated = 20;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal static Command Create()
    {
        var models = new Argument<string[]>("MODEL") { Description = "Packed models (.onebit files).", Arity = ArgumentArity.OneOrMore };
        models.Validators.Add(result =>
        {
            foreach (string path in result.Tokens.Select(t => t.Value).Where(path => !File.Exists(path)))
            {
                result.AddError($"There is no model file '{path}'");
            }
        });
        Option<int> images = SharedOptions.Count(
                "--images",
                $"Test images per model and target. The default is {DefaultImages}.",
                1,
                () => DefaultImages
            ),
            emulated = SharedOptions.Count(
                "--emulated",
                $"At most so many images on emulated processors, which are slow; 0 leaves them out. The default is {DefaultEmulated}.",
                0,
                () => DefaultEmulated
            );
        Option<string> data = SharedOptions.Data("such as mnist or mnist-hard; 'onebit list' has all");
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "verify",
            """
            Export models in all ways, run them on test images, and compare class and all scores with the Onebit runtime. What is not
            installed is named and left out. Emulated processors also count instructions, which are not cycles.

            Example: onebit verify models/mnist-micro.onebit --images 1000
            """
        )
        {
            models,
            images,
            emulated,
            data,
            json,
        };
        command.SetAction(parsed =>
        {
            string set = parsed.GetRequiredValue(data);
            int few = parsed.GetValue(emulated);
            string[] files = parsed.GetRequiredValue(models);
            (string Path, BitModel Model)[] loaded = [.. files.Select(path => (path, Classifier.Load(path)))];
            ImageSet test = DataCommand.LoadTestShowingProgress(set, loaded[0].Model, loaded[0].Path);
            int count = Math.Min(test.Count, parsed.GetValue(images));
            foreach ((string path, BitModel model) in loaded)
            {
                SharedOptions.RequireSameSize(model, path, test);
            }

            VerificationTarget[] targets = [.. s_targets.Where(t => !t.Missing.Any() && (few > 0 || !t.IsEmulated))];
            string[] missing = [.. s_targets.SelectMany(t => t.Missing).Distinct()];
            if (missing.Length > 0)
            {
                Failure.Say($"not installed, and left out: {string.Join(", ", missing)}.");
            }

            List<Row> rows = ProgressDisplay.Show(display =>
            {
                var done = new List<Row>();
                foreach ((string path, BitModel model) in loaded)
                {
                    foreach (VerificationTarget target in targets)
                    {
                        display.Report(
                            Path.GetFileName(path),
                            (double)done.Count / (loaded.Length * targets.Length),
                            $"{target.Name}, {target.Tool}"
                        );
                        done.Add(Verify(path, model, target, test.Slice(0, target.IsEmulated ? Math.Min(few, count) : count)));
                    }
                }

                return done;
            });
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(rows, s_json));
            }
            else
            {
                Print(rows);
            }

            return rows.Exists(r => r.Mismatches > 0) ? 1 : 0;
        });
        return command;
    }

    private static Row Verify(string path, BitModel model, VerificationTarget target, ImageSet images)
    {
        TargetRun run = target.Run(model, images.Pixels);
        DeviceUse? device = run.Device;
        return new Row(
            Path.GetFileNameWithoutExtension(path),
            target.Name,
            target.Tool,
            images.Count,
            VerificationTargets.Mismatches(model, images.Pixels.Span, run.Results),
            device?.Instructions,
            device?.Flash,
            device?.Work,
            device?.Stack
        );
    }

    private static void Print(List<Row> rows)
    {
        static string Number(long? number) => number is null ? "" : $"{number:N0}";
        AnsiConsole.Write(
            TextTable.Fitting(
                [
                    ("model", false, 0),
                    ("target", false, 1),
                    ("tool", false, 2),
                    ("images", true, 4),
                    ("mismatches", true, 0),
                    ("instructions\nper image", true, 3),
                    ("flash", true, 5),
                    ("work\nbuffer", true, 6),
                    ("stack", true, 7),
                ],
                [
                    .. rows.Select(r =>
                        (string[])
                            [
                                r.Model,
                                r.Target,
                                r.Tool,
                                Number(r.Images),
                                Number(r.Mismatches),
                                Number(r.Instructions),
                                Number(r.Flash),
                                Number(r.Work),
                                Number(r.Stack),
                            ]
                    ),
                ],
                AnsiConsole.Profile.Width
            )
        );
    }

    /// <summary>One model on one target. What is measured is there for emulated processors alone.</summary>
    private sealed record Row(
        string Model,
        string Target,
        string Tool,
        int Images,
        int Mismatches,
        long? Instructions,
        long? Flash,
        long? Work,
        long? Stack
    );
}
