using System.Text.Json;
using Onebit.Export;

namespace Onebit.Cli.Tests;

public class ExportTests
{
    [Theory]
    [InlineData("mnist_micro")]
    [InlineData("digits", "--prefix", "digits")]
    public void A_model_becomes_a_source_and_a_header(string prefix, params string[] options)
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("firmware");
        string model = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");
        (int code, string text, string error) = OnebitProcess.Run(["export", model, "--format", "c", "--out", output, .. options]);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal([$"{prefix}.c", $"{prefix}.h"], Directory.GetFiles(output).Select(f => Path.GetFileName(f)).Order());
        Assert.Contains($"call {prefix}_predict", text, StringComparison.Ordinal);
        Assert.Contains($"int {prefix}_predict(", File.ReadAllText(Path.Combine(output, $"{prefix}.h")), StringComparison.Ordinal);
        Assert.Contains($"#include \"{prefix}.h\"", File.ReadAllText(Path.Combine(output, $"{prefix}.c")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_for_a_board_is_written_beside_the_model()
    {
        using var folder = new TemporaryFolder();
        string model = Path.Combine(Repository.Root, "models", "mnist-micro.onebit"),
            digit = Path.Combine(Repository.Root, "samples", "digits", "seven.png"),
            images = folder.File("images.gray");
        (int code, string text, string error) = OnebitProcess.Run([
            "export",
            model,
            "--out",
            folder.Path,
            "--board",
            "rv32ec",
            "--in-place",
        ]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("riscv64-unknown-elf-gcc -std=c99", text, StringComparison.Ordinal);
        Assert.Contains("qemu-system-riscv32 -M virt", text, StringComparison.Ordinal);
        string main = File.ReadAllText(folder.File("main.c"));
        Assert.Contains("mnist_micro_predict(&work, scores)", main, StringComparison.Ordinal);
        Assert.DoesNotContain("model", main, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("board.ld")));

        Assert.Equal(0, OnebitProcess.Run(["predict", model, digit, digit, "--pixels", images]).ExitCode);
        Assert.Equal(2 * 784, new FileInfo(images).Length);
    }

    [Fact]
    public void An_unknown_board_is_refused()
    {
        string model = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");
        (int code, _, string error) = OnebitProcess.Run(["export", model, "--board", "z80"]);
        Assert.Equal(2, code);
        Assert.Contains("--board takes one of cortex-m3, rv32i, rv32ec, not 'z80'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Exports_are_compared_with_the_runtime()
    {
        string model = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");
        (int code, string text, _) = OnebitProcess.Run(["verify", model, "--images", "10", "--emulated", "1", "--json"]);
        Assert.Equal(0, code);
        JsonElement[] rows = [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
        int targets = 1 + VerificationTargets.All.Count(t => !t.Missing.Any()); // ONNX Runtime is always there.
        Assert.Equal(targets, rows.Length);
        Assert.All(
            rows,
            row =>
            {
                Assert.Equal("mnist-micro", row.GetProperty("model").GetString());
                Assert.Equal(0, row.GetProperty("mismatches").GetInt32());
                bool isEmulated = row.TryGetProperty("instructions", out JsonElement instructions);
                Assert.Equal(isEmulated ? 1 : 10, row.GetProperty("images").GetInt32());
                Assert.True(!isEmulated || instructions.GetInt64() > 100_000);
            }
        );
    }

    [Theory]
    [InlineData("folder", "folder/mnist_micro.onnx")]
    [InlineData("folder/digits.onnx", "folder/digits.onnx")]
    public void A_model_becomes_an_onnx_file_of_the_name_that_is_given(string output, string file)
    {
        using var folder = new TemporaryFolder();
        string model = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");
        (int code, string text, string error) = OnebitProcess.Run(["export", model, "--format", "onnx", "--out", folder.File(output)]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains(folder.File(file), text, StringComparison.Ordinal);
        Assert.True(new FileInfo(folder.File(file)).Length > 6000);
    }
}
