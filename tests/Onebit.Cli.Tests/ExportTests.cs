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
