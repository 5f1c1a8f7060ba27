using System.ComponentModel;
using System.Diagnostics;

namespace Onebit.Export;

/// <summary>Compilers, emulators and what they make. All run in one folder, which is deleted afterwards.</summary>
internal sealed class VerificationTool : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("onebit-verify-");

    /// <summary>A program on the PATH, or null.</summary>
    public static string? Find(string program)
    {
        string name = OperatingSystem.IsWindows() ? $"{program}.exe" : program;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(System.IO.File.Exists);
    }

    /// <summary>The path of a file in the folder.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file into the folder.</summary>
    public void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);

    /// <summary>Writes the two files of a model in C, with the prefix <c>model</c>.</summary>
    public CFiles WriteC(BitModel model, bool inPlace)
    {
        CFiles files = CExporter.Write(model, "model", inPlace);
        Write("model.h", files.Header);
        Write("model.c", files.Source);
        return files;
    }

    /// <summary>Runs a program in the folder.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="VerificationException">It cannot be started, or failed.</exception>
    public byte[] Run(string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
            try
            {
                process.StandardInput.BaseStream.Write(input.Span);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything. Its exit code says more.
            }

            Task.WaitAll(error, reading);
            process.WaitForExit();
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new VerificationException(
                    $"{Path.GetFileName(program)} ended with {process.ExitCode}: {FirstLine(error.Result) ?? "it said nothing."}"
                );
        }
        catch (Win32Exception e)
        {
            throw new VerificationException($"{program} cannot be started: {e.Message}");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string? FirstLine(string text) => text.Split('\n').FirstOrDefault(l => l.Trim().Length > 0)?.Trim();
}
