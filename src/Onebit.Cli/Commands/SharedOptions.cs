using System.CommandLine;
using System.CommandLine.Parsing;

namespace Onebit.Cli;

/// <summary>Options that several commands have, the same in each.</summary>
internal static class SharedOptions
{
    internal static Option<string> Data() => new("--data")
    {
        Description = "A known data set (mnist, fashion-mnist) or a folder of IDX files, gzipped or not.",
        DefaultValueFactory = _ => "mnist",
        HelpName = "NAME|FOLDER",
    };

    internal static Option<bool> Json() => new("--json") { Description = "Print JSON for programs instead of a table." };

    internal static Argument<string> Model()
    {
        var model = new Argument<string>("MODEL") { Description = "A packed model, a .onebit file." };
        model.Validators.Add(result => RequireFile(result, "model"));
        return model;
    }

    /// <summary>A file that is not there is a command used wrongly, not a command that failed.</summary>
    internal static void RequireFile(ArgumentResult result, string what)
    {
        string path = result.GetValueOrDefault<string>();
        if (!File.Exists(path))
            result.AddError($"There is no {what} file '{path}'");
    }

    /// <summary>An option that takes a whole number from <paramref name="least"/> on.</summary>
    internal static Option<int> Count(string name, string description, int least, Func<int> standard)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard(), HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.Tokens.Count == 0)
                return;
            if (!int.TryParse(result.Tokens[0].Value, out int value) || value < least)
                result.AddError($"{name} takes a whole number from {least} on, not '{result.Tokens[0].Value}'");
        });
        return option;
    }
}
