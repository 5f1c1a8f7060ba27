using System.CommandLine;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit list</c>: what can be named in other commands.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var preset = new Argument<string?>("PRESET")
        {
            Description = "A preset, or a folder of experiment files, whose experiments are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        preset.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && Preset.Find(name) is null)
            {
                result.AddError(Preset.Unknown(name));
            }
        });
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "list",
            """
            List presets, methods, networks, data sets and models, or the experiments of one preset.

            Example: onebit list quick
            """
        )
        {
            preset,
            json,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(preset) is { } name)
            {
                Experiments(name, parsed.GetValue(json));
            }
            else
            {
                All(parsed.GetValue(json));
            }

            return 0;
        });
        return command;
    }

    private static void All(bool json)
    {
        (string Kind, string[] Names)[] kinds =
        [
            ("presets", [.. Preset.Names]),
            ("methods", [.. Method.All.Select(m => m.Name)]),
            ("networks", [.. ExperimentFile.Networks]),
            ("data", [.. DatasetLoader.Names]),
            ("models", Models()),
        ];
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(kinds.ToDictionary(k => k.Kind, k => k.Names), JsonSerializerOptions.Web));
            return;
        }

        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.Columns[0].NoWrap = true;
        foreach ((string kind, string[] names) in kinds.Where(k => k.Names.Length > 0))
        {
            table.AddTextRow(kind, string.Join(", ", names));
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine("'onebit list PRESET' lists the experiments of a preset.");
    }

    private static void Experiments(string preset, bool json)
    {
        IReadOnlyList<Experiment> experiments = Preset.Load(preset);
        if (json)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(
                    experiments.Select(e => new
                    {
                        e.Name,
                        network = e.Network.Name,
                        method = e.Method.Name,
                        e.Epochs,
                        e.Seeds,
                        e.Data,
                        e.Note,
                    }),
                    JsonSerializerOptions.Web
                )
            );
            return;
        }

        AnsiConsole.Write(
            TextTable.Fitting(
                [
                    ("experiment", false, 0),
                    ("network", false, 3),
                    ("method", false, 1),
                    ("epochs", true, 2),
                    ("seeds", true, 4),
                    ("data", false, 5),
                ],
                [
                    .. experiments.Select(e =>
                        (string[])[e.Name, e.Network.Name, e.Method.Name, $"{e.Epochs:N0}", $"{e.Seeds.Count}", e.Data ?? "any"]
                    ),
                ],
                AnsiConsole.Profile.Width
            )
        );
        bool shipped = Preset.Names.Contains(preset);
        AnsiConsole.WriteLine(
            $"Train one: onebit train {VisibleText.Of(shipped ? $"{preset}/{experiments[0].Name}" : experiments[0].File)}"
        );
        AnsiConsole.WriteLine($"Compare all: onebit study --preset {VisibleText.Of(preset)}");
    }

    /// <summary>Models in the folder <c>models</c> where the command was started.</summary>
    private static string[] Models() =>
        Directory.Exists("models")
            ? [.. Directory.EnumerateFiles("models", "*.onebit").Select(f => f.Replace('\\', '/')).Order(StringComparer.Ordinal)]
            : [];
}
