using System.Diagnostics;
using System.Globalization;
using Onebit.Tests.Kernels;

namespace Onebit.Tests;

/// <summary>The kernels on lesser processors: the tests of <c>Kernels</c> again, in a process with instructions switched off.</summary>
public class ProcessorTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVXVNNI", 512)]
    [InlineData("DOTNET_EnableAVX512", 256)]
    [InlineData("DOTNET_EnableAVX2", 128)]
    [InlineData("DOTNET_EnableHWIntrinsic", 64)]
    public async Task Kernels_are_right_without(string instructions, int widest)
    {
        // This class is in another namespace than the one that the process runs, so it cannot start itself.
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(ProcessorTests).Assembly.Location, "-namespace", "Onebit.Tests.Kernels"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[instructions] = "0";
        start.Environment[Widths.Variable] = Math.Min(widest, VectorWidth.Widest).ToString(CultureInfo.InvariantCulture);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, text + await error);
            Assert.Matches(@"Total: [1-9]\d*", text);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
