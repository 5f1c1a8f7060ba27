using Spectre.Console;

namespace Onebit.Cli.Tests;

public class TextTableTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    [InlineData(200)]
    public void A_table_fits_without_a_broken_word(int width)
    {
        (string Header, bool IsNumber, int Rank)[] columns =
        [
            ("network", false, 0),
            ("method", false, 1),
            ("bits\nin/w/act", true, 2),
            ("a long header of some words", true, 4),
            ("bytes", true, 3),
        ];
        string[] row = ["cnn", "binaryconnect-stochastic", "8/1/8", "1,234 of 5,678", "16,162"];
        var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        console.Write(TextTable.Fitting(columns, [row], width));
        string[] lines = output.ToString().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, width));
        string line = Assert.Single(lines, l => l.Contains("cnn", StringComparison.Ordinal));
        Assert.Equal(width == 200, line.Contains("1,234 of 5,678", StringComparison.Ordinal));
        Assert.Equal(width >= 80, line.Contains("16,162", StringComparison.Ordinal));
        Assert.DoesNotContain("…", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(width < 200, output.ToString().Contains("Left out", StringComparison.Ordinal));
    }
}
