using System.Diagnostics;

namespace Onebit.Tests;

/// <summary>A project of the repository, published apart from the build that these tests come from.</summary>
internal static class PublishedProgram
{
    /// <param name="project">Its folder, from the root.</param>
    /// <param name="target">Where the program goes.</param>
    /// <param name="artifacts">Where its build goes.</param>
    /// <param name="options">More options of <c>dotnet publish</c>.</param>
    public static void Publish(string project, string target, string artifacts, params string[] options) =>
        // It leaves no process behind that would hold the output open.
        Run(
            "dotnet",
            [
                "publish",
                Path.Combine(Repository.Root, project),
                "--output",
                target,
                "--artifacts-path",
                artifacts,
                "-nodeReuse:false",
                "-p:UseSharedCompilation=false",
                "-p:NuGetAudit=false",
                "-p:RunAnalyzers=false",
                .. options,
            ]
        );

    /// <summary>What a program that ends well writes.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        // `dotnet test` tells its own MSBuild where things are; another one finds them by itself.
        foreach (
            string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray()
        )
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{text}\n{error.Result}");
        return text;
    }
}
