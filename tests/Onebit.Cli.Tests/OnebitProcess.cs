using System.Diagnostics;

namespace Onebit.Cli.Tests;

/// <summary>The real command in a process of its own, as a person starts it.</summary>
internal static class OnebitProcess
{
    internal static (int ExitCode, string Output, string Error) Run(params string[] arguments) => Run([], arguments);

    /// <param name="environment">Variables to set.</param>
    /// <param name="arguments">The command's.</param>
    internal static (int ExitCode, string Output, string Error) Run(Dictionary<string, string> environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    internal static Process Start(params string[] arguments) => Start([], arguments);

    private static Process Start(Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Onebit.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
