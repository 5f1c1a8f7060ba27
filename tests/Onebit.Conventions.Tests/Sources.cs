using System.Diagnostics;

namespace Onebit.Conventions.Tests;

/// <summary>The files of the working tree that git knows or would take.</summary>
internal static class Sources
{
    /// <summary>Paths below the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = List();

    public static IEnumerable<string> OfKind(string extension) => Files.Where(f => f.EndsWith(extension, StringComparison.Ordinal));

    public static string Full(string path) => Path.Combine(Repository.Root, path);

    private static string[] List()
    {
        // Without git (a downloaded archive) all files but build outputs.
        try
        {
            using Process git = Process.Start(
                new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                {
                    WorkingDirectory = Repository.Root,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            string[] files = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            if (git.ExitCode == 0)
            {
                return [.. files.Where(f => File.Exists(Full(f)))];
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no git.
        }

        return
        [
            .. Directory
                .EnumerateFiles(Repository.Root, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
                .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or ".git")),
        ];
    }
}
