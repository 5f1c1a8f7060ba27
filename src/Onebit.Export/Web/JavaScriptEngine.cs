using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Onebit.Export;

/// <summary>
/// The engine of web pages, run by Node. It reads the bytes of a model file and shares no code with the runtime, so equal scores say that
/// both follow docs/format.md and docs/operations.md.
/// </summary>
public static class JavaScriptEngine
{
    /// <summary>The program that runs it.</summary>
    public const string Tool = "node";

    /// <summary>The scores of images.</summary>
    /// <param name="model">Content of a .onebit file.</param>
    /// <param name="images">Images one after another, each channels x height x width bytes.</param>
    /// <returns>One score per image and class.</returns>
    /// <exception cref="InvalidDataException">The engine refuses the model or the images; the message is its sentence.</exception>
    /// <exception cref="IOException">Node is not installed, or ended otherwise.</exception>
    public static long[] Scores(ReadOnlySpan<byte> model, ReadOnlySpan<byte> images)
    {
        string folder = Directory.CreateTempSubdirectory("onebit-javascript-").FullName;
        try
        {
            string engine = Path.Combine(folder, "engine.js"),
                modelFile = Path.Combine(folder, "model.onebit"),
                imageFile = Path.Combine(folder, "images.bin");
            File.WriteAllText(engine, WebScripts.Engine() + WebScripts.Read("scores.js"));
            File.WriteAllBytes(modelFile, model);
            File.WriteAllBytes(imageFile, images);
            return Run(engine, modelFile, imageFile);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long[] Run(params string[] files)
    {
        var start = new ProcessStartInfo(Tool, files) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            string said = error.Result.Trim();
            return process.ExitCode == 0 ? [.. MemoryMarshal.Cast<byte, long>(output.GetBuffer().AsSpan(0, (int)output.Length))]
                : said.Contains('\n', StringComparison.Ordinal) ? throw new IOException($"{Tool} ended with {process.ExitCode}: {said}")
                : throw new InvalidDataException(said);
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{Tool} is not installed; Debian's package is nodejs.", e);
        }
    }
}
