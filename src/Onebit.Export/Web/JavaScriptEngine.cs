using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
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
        using var folder = new EngineFolder(model);
        string imageFile = Path.Combine(folder.Path, "images.bin");
        File.WriteAllBytes(imageFile, images);
        return [.. MemoryMarshal.Cast<byte, long>(folder.Run("scores", imageFile))];
    }

    /// <summary>What a diffusion model draws, as <see cref="Generator"/>.</summary>
    /// <param name="model">Content of a .onebit file.</param>
    /// <param name="classIndex">What to draw.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="steps">How often the model runs.</param>
    /// <returns>The pixels of the noise, and then those after each step. The last ones are the image.</returns>
    /// <exception cref="InvalidDataException">The engine refuses the model, class or steps; the message is its sentence.</exception>
    /// <exception cref="IOException">Node is not installed, or ended otherwise.</exception>
    public static byte[] Draw(ReadOnlySpan<byte> model, int classIndex, long seed, int steps)
    {
        using var folder = new EngineFolder(model);
        return folder.Run("draw", $"{classIndex}", seed.ToString(CultureInfo.InvariantCulture), $"{steps}");
    }

    /// <summary>A folder of the engine and a model.</summary>
    private sealed class EngineFolder : IDisposable
    {
        private readonly string _engine,
            _model;

        public EngineFolder(ReadOnlySpan<byte> model)
        {
            Path = Directory.CreateTempSubdirectory("onebit-javascript-").FullName;
            (_engine, _model) = (System.IO.Path.Combine(Path, "engine.js"), System.IO.Path.Combine(Path, "model.onebit"));
            File.WriteAllText(_engine, WebScripts.Engine() + WebScripts.Read("node.js"));
            File.WriteAllBytes(_model, model);
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);

        public byte[] Run(string command, params string[] arguments) => JavaScriptEngine.Run([_engine, command, _model, .. arguments]);
    }

    private static byte[] Run(string[] arguments)
    {
        var start = new ProcessStartInfo(Tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            string said = error.Result.Trim();
            return process.ExitCode == 0 ? output.ToArray()
                : said.Contains('\n', StringComparison.Ordinal) ? throw new IOException($"{Tool} ended with {process.ExitCode}: {said}")
                : throw new InvalidDataException(said);
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{Tool} is not installed; Debian's package is nodejs.", e);
        }
    }
}
