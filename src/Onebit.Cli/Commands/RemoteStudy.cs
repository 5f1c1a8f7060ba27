using System.Globalization;
using System.Text.Json;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary>A study whose trainings another program starts: what the terminal shows of it.</summary>
internal static class RemoteStudy
{
    /// <summary>One command per training that is not finished.</summary>
    internal static void List(IReadOnlyList<StudyTask> tasks, IReadOnlyList<string> program)
    {
        foreach (StudyTask task in tasks.Where(t => !t.IsFinished))
        {
            Console.WriteLine(StudyTask.CommandLine(program, task.Arguments));
        }
    }

    /// <summary>What each training does.</summary>
    internal static void Status(IReadOnlyList<(StudyTask Task, string State, string? Reason)> tasks, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(
                    tasks.Select(t => new
                    {
                        run = t.Task.Name,
                        state = t.State,
                        done = t.Task.IsFinished ? 1 : t.Task.Progress?.Done ?? 0,
                        reason = t.Reason,
                    }),
                    StudyResults.Json
                )
            );
            return;
        }

        IReadOnlyList<string>[] rows =
        [
            .. tasks.Select(t =>
                (IReadOnlyList<string>)
                    [
                        t.Task.Name,
                        t.State,
                        t.Reason
                            ?? (
                                t.Task.Progress is { } p
                                    ? string.Create(CultureInfo.InvariantCulture, $"epoch {p.Epoch} of {p.Epochs}, loss {p.Loss:F3}")
                                    : ""
                            ),
                    ]
            ),
        ];
        AnsiConsole.Write(TextTable.Fitting([("run", false, 0), ("state", false, 0), ("", false, 1)], rows, AnsiConsole.Profile.Width));
        AnsiConsole.WriteLine(
            string.Join(", ", tasks.GroupBy(t => t.State).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"))
                + "."
        );
    }
}
