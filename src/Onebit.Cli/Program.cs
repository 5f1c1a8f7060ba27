using System.CommandLine;
using Onebit;
using Onebit.Cli;
using Onebit.Datasets;
using Onebit.Training;
using Spectre.Console;

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
    BenchCommand.Create(),
    ReportCommand.Create(),
    DataCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Command command = parsed.CommandResult.Command;
    string help = command == root ? "onebit --help" : $"onebit {command.Name} --help";
    string what =
        command != root ? parsed.Errors[0].Message.TrimEnd('.')
        : parsed.UnmatchedTokens.Count > 0 ? $"There is no command '{parsed.UnmatchedTokens[0]}'"
        : "Say what to do";
    Console.Error.WriteLine($"onebit: {VisibleText.Of(what)}. Try '{help}'.");
    return 2;
}
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 160; // A file has no width of its own.
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("onebit: stopped. The same command continues from the last checkpoint.");
    return 1;
}
catch (Exception e)
    when (e is ExperimentException or DatasetException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"onebit: {VisibleText.Of(e.Message)}");
    return 1;
}
