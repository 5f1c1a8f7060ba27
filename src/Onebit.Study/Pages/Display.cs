using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Onebit.Study;

/// <summary>Numbers and text as the report shows them.</summary>
internal static partial class Display
{
    /// <summary>What is shown where there is nothing to show.</summary>
    internal const string Nothing = "–";

    /// <summary>Text as HTML.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(VisibleText.Of(text));

    /// <summary>Text as markdown, in a table's cell too.</summary>
    internal static string EscapeMarkdown(string text) => Markup().Replace(VisibleText.Of(text), "\\$0");

    /// <summary>An argument of a command as a shell takes it.</summary>
    internal static string Argument(string value) =>
        Plain().IsMatch(value) ? value : $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The options that give a command this data set; none where it is the standard.</summary>
    internal static string DataOptions(DatasetInfo data) =>
        (data is { Name: "mnist", Folder: null } ? "" : $" --data {Argument(data.Folder ?? data.Name)}")
        + (data.Size is null ? "" : $" --size {data.Size}");

    /// <summary>The option that gives a study as many epochs; none where nobody asked for it.</summary>
    internal static string EpochOption(int? epochs) =>
        epochs is null ? "" : string.Create(CultureInfo.InvariantCulture, $" --epochs {epochs}");

    /// <summary>Head and body of a table in HTML, the first cell of a row its heading; the columns of text are aligned left.</summary>
    /// <param name="columns">HTML.</param>
    /// <param name="text">Which columns are text.</param>
    /// <param name="rows">Text.</param>
    internal static string HtmlTable(IEnumerable<string> columns, Func<int, bool> text, IEnumerable<IReadOnlyList<string>> rows)
    {
        string Class(int column) => text(column) ? " class=\"text\"" : "";
        return $"""
            <thead><tr>{string.Concat(columns.Select((c, i) => $"<th scope=\"col\"{Class(i)}>{c}</th>"))}</tr></thead>
            <tbody>{string.Concat(
                rows.Select(row =>
                    $"<tr><th scope=\"row\">{Escape(row[0])}</th>"
                    + string.Concat(row.Skip(1).Select((c, i) => $"<td{Class(i + 1)}>{Escape(c)}</td>"))
                    + "</tr>\n"
                )
            )}</tbody>
            """;
    }

    /// <summary>A table in markdown; the columns of text are aligned left.</summary>
    internal static string MarkdownTable(IReadOnlyList<string> columns, Func<int, bool> text, IEnumerable<IReadOnlyList<string>> rows)
    {
        static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(EscapeMarkdown))} |\n";
        return Row(columns) + Row(columns.Select((_, i) => text(i) ? "---" : "---:")) + string.Concat(rows.Select(Row));
    }

    internal static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    // A no-break space keeps number and unit on one line.
    internal static string Percent(double fraction, string format = "F2") => $"{Number(100 * fraction, format)}\u00a0%";

    internal static string Percent(Spread spread) =>
        spread.Values.Count == 1 ? Percent(spread.Mean) : $"{Number(100 * spread.Mean, "F2")}\u00a0±\u00a0{Percent(spread.Std)}";

    /// <summary>How far an accuracy can be trusted: the number of seeds, and with one the interval that its test images leave.</summary>
    internal static string Certainty(StudyRun run, DatasetInfo data)
    {
        if (run.Seeds.Count > 1)
        {
            return Seeds(run.Seeds.Count);
        }

        var interval = Wilson.Of(run.TestAccuracy.Mean, data.TestImages);
        return $"{Seeds(1)}, {Number(100 * interval.Low, "F2")} to {Percent(interval.High)}";
    }

    internal static string Seeds(int number) => Several(number, "seed");

    internal static string Several(long number, string thing) => $"{Count(number)}\u00a0{thing}{(number == 1 ? "" : "s")}";

    /// <summary>"one bit", or how many a binarized weight has.</summary>
    internal static string FewBits(StudyRun run) => run.WeightBits == 1 ? "one bit" : Several(run.WeightBits, "bit");

    /// <summary>A difference of fractions in points, always signed.</summary>
    internal static string Points(double difference)
    {
        double points = Math.Round(100 * difference, 2);
        return points == 0 ? "0.00" : Signed(points, "F2");
    }

    internal static string Signed(double value, string format) => (value < 0 ? "\u2212" : "+") + Number(Math.Abs(value), format);

    /// <summary>Bits of a pixel, a weight and an activation.</summary>
    internal static string Bits(StudyRun run) => $"{run.InputBits}\u00a0/\u00a0{run.WeightBits}\u00a0/\u00a0{run.ActivationBits}";

    internal static string Bytes(double bytes) =>
        bytes switch
        {
            < 1e3 => $"{Number(bytes, "F0")}\u00a0B",
            < 1e6 => $"{Significant(bytes / 1e3)}\u00a0kB",
            < 1e9 => $"{Significant(bytes / 1e6)}\u00a0MB",
            _ => $"{Significant(bytes / 1e9)}\u00a0GB",
        };

    internal static string Seconds(double seconds) =>
        seconds switch
        {
            < 1e-6 => $"{Significant(seconds * 1e9)}\u00a0ns",
            < 1e-3 => $"{Significant(seconds * 1e6)}\u00a0µs",
            < 1 => $"{Significant(seconds * 1e3)}\u00a0ms",
            < 599.5 => $"{Significant(seconds)}\u00a0s",
            < 7170 => $"{Number(seconds / 60, "F0")}\u00a0min",
            _ => $"{Number(seconds / 3600, "F1")}\u00a0h",
        };

    /// <summary>"4.2× faster": a quantity compared with full precision's. Less of it is better.</summary>
    internal static string Compared(double full, double own, string less, string more, string same)
    {
        double ratio = full / own;
        if (!double.IsFinite(ratio) || ratio <= 0)
        {
            return Nothing;
        }

        string factor = Factor(Math.Max(ratio, 1 / ratio));
        return factor == "1.00" ? same : $"{factor}× {(ratio > 1 ? less : more)}";
    }

    /// <summary>A probability as HTML.</summary>
    internal static string P(double p) => p < 0.001 ? "p\u00a0&lt;\u00a00.001" : $"p\u00a0=\u00a0{Number(p, p < 0.1 ? "F3" : "F2")}";

    /// <summary>A table cell of mistakes: the more of them, the stronger its colour.</summary>
    internal static string HeatCell(int count, int max) =>
        count == 0
            ? "<td></td>"
            // The square root keeps single mistakes visible beside frequent ones.
            : $"<td style=\"--heat:{Number(Math.Sqrt((double)count / max), "0.##")}\">{Count(count)}</td>";

    [GeneratedRegex(@"[\\`*_\[\]<>|&#~]")]
    private static partial Regex Markup();

    [GeneratedRegex(@"^[\w./+=:@%,-]+\z")]
    private static partial Regex Plain();

    private static string Factor(double ratio) =>
        Number(
            ratio,
            ratio < 1.995 ? "F2"
                : ratio < 99.95 ? "F1"
                : "N0"
        );

    private static string Significant(double value) => Number(value, value < 9.95 ? "F1" : "N0");
}
