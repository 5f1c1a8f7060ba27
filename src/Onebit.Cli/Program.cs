using System.CommandLine;
using System.Text.RegularExpressions;
using Onebit.Cli;
using Onebit.Datasets;
using Spectre.Console;

try
{
    var root = new RootCommand(
        """
        One-bit neural networks: train, compare, pack and run them.

        Example: onebit study
        """
    )
    {
        ExploreCommand.Create(),
        StudyCommand.Create(),
        TrainCommand.Create(),
        EvalCommand.Create(),
        PredictCommand.Create(),
        InspectCommand.Create(),
        ExportCommand.Create(),
        ImportCommand.Create(),
        PackCommand.Create(),
        GenerateCommand.Create(),
        DemoCommand.Create(),
        VerifyCommand.Create(),
        BenchCommand.Create(),
        ReportCommand.Create(),
        DataCommand.Create(),
        ListCommand.Create(),
    };

    ParseResult parsed = root.Parse(args);
    if (parsed.Errors.Count > 0)
    {
        Command command = parsed.CommandResult.Command;
        string help = command == root ? "onebit --help" : $"onebit {command.Name} --help";
        string what =
            command != root ? NoNumber().Replace(parsed.Errors[0].Message, "$2 takes a number, not '$1'").TrimEnd('.')
            : parsed.UnmatchedTokens.Count > 0
                ? $"There is no command '{parsed.UnmatchedTokens[0]}'"
                    + NearName.Hint(parsed.UnmatchedTokens[0], root.Subcommands.Select(c => c.Name))
            : "Say what to do";
        Failure.Say($"{what}. Try '{help}'.");
        return 2;
    }
    if (Console.IsOutputRedirected)
    {
        AnsiConsole.Profile.Width = 160; // A file has no width of its own.
    }

    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e)
{
    return Failure.End(e);
}

internal static partial class Program
{
    // What the parser says of an option's value that is none, which names a type of .NET.
    [GeneratedRegex("^Cannot parse argument '(.*)' for option '(.*)' as expected type .*$")]
    private static partial Regex NoNumber();
}
