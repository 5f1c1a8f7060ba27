using System.Diagnostics;

namespace Onebit;

/// <summary>Runs other programs. Compiled into each test project that needs it.</summary>
internal static class ProgramRun
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its exit code, and what it wrote to standard output, then to standard error.</returns>
    internal static (int Code, string Output) Of(string program, string folder, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
