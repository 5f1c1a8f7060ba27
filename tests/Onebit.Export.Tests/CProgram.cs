using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace Onebit.Export.Tests;

/// <summary>Several exported models in one program, which reads their images and writes classes and scores.</summary>
internal sealed class CProgram : IDisposable
{
    /// <summary>Language and warnings that exported code has to pass, whatever the optimization.</summary>
    public static readonly string[] Strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

    private readonly TemporaryFolder _folder = new();
    private readonly (BitModel Model, string Prefix)[] _models;
    private readonly bool _inPlace;

    /// <param name="models">The models, whose prefixes differ.</param>
    /// <param name="inPlace">Images lie in the work buffers.</param>
    public CProgram(IEnumerable<(BitModel Model, string Prefix)> models, bool inPlace = false)
    {
        (_models, _inPlace) = ([.. models], inPlace);
        foreach ((BitModel model, string prefix) in _models)
        {
            CFiles files = CExporter.Write(model, prefix, inPlace);
            _folder.Add($"{prefix}.c", files.Source);
            _folder.Add($"{prefix}.h", files.Header);
        }

        _folder.Add("main.c", Main());
    }

    public string[] Sources => [.. _models.Select(m => $"{m.Prefix}.c")];

    public void Dispose() => _folder.Dispose();

    /// <summary>A program on the PATH, or null.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Whether a compiler is there and links a program with these options. Some come without sanitizers.</summary>
    public static bool Links(string compiler, params string[] flags)
    {
        if (Find(compiler) is null)
        {
            return false;
        }

        using var folder = new TemporaryFolder();
        folder.Add("empty.c", "int main(void) { return 0; }\n");
        using Process process = Process.Start(
            new ProcessStartInfo(compiler, [.. flags, "empty.c", "-o", "empty"])
            {
                WorkingDirectory = folder.Path,
                RedirectStandardError = true,
            }
        )!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Compiles and links all models.</summary>
    public void Compile(string compiler, params string[] flags) =>
        Run(compiler, [.. Strict, .. flags, .. Sources, "main.c", "-o", "program"], []);

    /// <summary>Compiles the models one by one, without a program around them.</summary>
    public void CompileAlone(string compiler, params string[] flags)
    {
        foreach (string source in Sources)
        {
            Run(compiler, [.. Strict, .. flags, "-c", source, "-o", "alone.o"], []);
        }
    }

    /// <summary>Runs the program, and requires the classes and scores of the runtime.</summary>
    /// <param name="images">For each model its images, all of them equally many.</param>
    public void RequireRuntimeScores(byte[][][] images)
    {
        byte[] input = [.. BitConverter.GetBytes(images[0].Length), .. images.SelectMany(of => of.SelectMany(image => image))];
        ReadOnlySpan<byte> results = Run(_folder.File("program"), [], input);
        for (int m = 0; m < _models.Length; m++)
        {
            BitModel model = _models[m].Model;
            long[] expected = new long[model.ClassCount],
                scores = new long[model.ClassCount];
            for (int i = 0; i < images[m].Length; i++)
            {
                int expectedClass = model.Predict(images[m][i], expected);
                long best = BinaryPrimitives.ReadInt64LittleEndian(results);
                for (int c = 0; c < scores.Length; c++)
                {
                    scores[c] = BinaryPrimitives.ReadInt64LittleEndian(results[(8 * (c + 1))..]);
                }

                results = results[(8 * (scores.Length + 1))..];
                Assert.True(
                    best == expectedClass && expected.SequenceEqual(scores),
                    $"{_models[m].Prefix}, image {i}: class {best} for {expectedClass}, scores {string.Join(' ', scores)} for "
                        + $"{string.Join(' ', expected)}\n{string.Join('\n', model.Operations.Select(o => o.Label))}"
                );
            }
        }

        Assert.True(results.IsEmpty);
    }

    private byte[] Run(string program, string[] arguments, byte[] input) => Run(program, _folder.Path, arguments, input);

    /// <summary>Runs a program that must end well and say nothing to standard error.</summary>
    /// <returns>What it writes.</returns>
    public static byte[] Run(string program, string folder, string[] arguments, byte[] input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        reading.Wait();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}\n{error.Result}");
        Assert.Equal("", error.Result);
        return output.ToArray();
    }

    /// <summary>Every model on its images, in the memory that a caller would give it. Each byte of a buffer is set before.</summary>
    private string Main()
    {
        var text = new StringBuilder("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n");
        foreach ((_, string prefix) in _models)
        {
            text.Append($"#include \"{prefix}.h\"\n");
        }

        text.Append("int main(void) {\n    int32_t images;\n    if (fread(&images, sizeof images, 1, stdin) != 1) return 1;\n");
        foreach ((_, string prefix) in _models)
        {
            string macro = prefix.ToUpperInvariant();
            text.Append(
                $$"""
                    for (int32_t i = 0; i < images; i++) {
                        static {{prefix}}_score scores[{{macro}}_CLASSES];
                        uint8_t *pixels = malloc({{macro}}_PIXELS);
                        {{prefix}}_work *work = malloc({{macro}}_WORK_BYTES);
                        if (pixels == NULL || work == NULL) return 1;
                        memset(work, 0x5a + i, {{macro}}_WORK_BYTES);
                        if (fread(pixels, {{macro}}_PIXELS, 1, stdin) != 1) return 1;
                        {{(_inPlace ? $"memcpy(work->pixels, pixels, {macro}_PIXELS);" : "")}}
                        int64_t result = {{prefix}}_predict({{(_inPlace ? "work, scores" : "pixels, scores, work")}});
                        fwrite(&result, sizeof result, 1, stdout);
                        for (int c = 0; c < {{macro}}_CLASSES; c++) {
                            result = scores[c];
                            fwrite(&result, sizeof result, 1, stdout);
                        }
                        free(pixels);
                        free(work);
                    }

                """
            );
        }

        return text.Append("    return 0;\n}\n").ToString();
    }
}
