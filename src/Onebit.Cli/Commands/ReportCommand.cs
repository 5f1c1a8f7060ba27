using System.CommandLine;
using Onebit.Study;

namespace Onebit.Cli;

/// <summary><c>onebit report</c>: a finished study's tables, for other documents.</summary>
internal static class ReportCommand
{
    internal static Command Create()
    {
        var results = new Argument<string>("RESULTS") { Description = "A study's results.json." };
        results.Validators.Add(result => SharedOptions.RequireFile(result, "results"));
        var command = new Command(
            "report",
            """
            Print a study's methods, and published figures beside them, as Markdown tables.

            Example: onebit report docs/results/methods.json
            """
        )
        {
            results,
        };
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(results);
            string markdown = ReportWriter.Markdown(StudyResults.Load(file));
            Console.Write(markdown.Length > 0 ? markdown : throw new InvalidDataException($"'{file}' has no packed run for a table."));
        });
        return command;
    }
}
