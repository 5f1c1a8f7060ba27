using Onebit.Tests.Kernels;

namespace Onebit.Tests;

/// <summary>The tests of <c>Kernels</c> again, as a program for ARM64 that QEMU emulates.</summary>
public class Arm64Tests
{
    private const string Libraries = "/usr/aarch64-linux-gnu";

    [Fact]
    public void Kernels_are_right_on_ARM64()
    {
        string[] needed = ["/usr/bin/qemu-aarch64", $"{Libraries}/lib/libstdc++.so.6", $"{Libraries}/lib/libssl.so.3"];
        Assert.SkipUnless(needed.All(File.Exists), $"Not installed: {string.Join(", ", needed.Where(file => !File.Exists(file)))}.");
        using var folder = new TemporaryFolder();
        string target = folder.File("published");
        PublishedProgram.Publish(
            Path.Combine("tests", "Onebit.Tests"),
            target,
            folder.File("artifacts"),
            "--configuration",
            "Release",
            "--runtime",
            "linux-arm64",
            "--self-contained",
            "-p:UseCurrentRuntimeIdentifier=false"
        );

        // QEMU 7.2 runs stale code where .NET writes code by another mapping of memory.
        string text = PublishedProgram.Run(
            needed[0],
            "-L",
            Libraries,
            "-E",
            "DOTNET_EnableWriteXorExecute=0",
            "-E",
            "DOTNET_TieredCompilation=0",
            "-E",
            $"{Widths.Variable}=128",
            Path.Combine(target, "Onebit.Tests"),
            "-namespace",
            typeof(Widths).Namespace!,
            "-maxThreads",
            "1"
        );
        Assert.Matches(@"Total: [1-9]\d*", text);
    }
}
