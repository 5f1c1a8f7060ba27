namespace Onebit.Cli.Tests;

/// <summary>Debian's Python, which its packages such as python3-numpy belong to.</summary>
internal static class DebianPython
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Skips the test where a module is missing.</summary>
    internal static void Require(string module) =>
        Assert.SkipUnless(
            File.Exists(Python) && Run($"import {module}", Path.GetTempPath()).Code == 0,
            $"There is no Debian package python3-{module} here."
        );

    internal static (int Code, string Output) Run(string program, string folder) => ProgramRun.Of(Python, folder, "-c", program);
}
