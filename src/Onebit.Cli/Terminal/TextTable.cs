using Spectre.Console;
using Spectre.Console.Rendering;

namespace Onebit.Cli;

/// <summary>Tables whose cells are text that came from strangers: brackets in a name or a path are no markup.</summary>
internal static class TextTable
{
    /// <summary>Adds a row.</summary>
    internal static void AddTextRow(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(Cell));

    /// <summary>Adds a column of numbers.</summary>
    internal static void AddNumberColumn(this Table table, string header) => table.AddColumn(new TableColumn(Cell(header)).RightAligned());

    /// <summary>
    /// A table that fits the terminal without a broken word: where all columns would be too wide, the least important ones are left out.
    /// </summary>
    /// <param name="columns">Header, which may have several lines; whether it holds numbers; and its importance, 0 the highest.</param>
    /// <param name="rows">A cell per column.</param>
    /// <param name="width">Of the terminal.</param>
    internal static IRenderable Fitting(
        IReadOnlyList<(string Header, bool IsNumber, int Rank)> columns,
        IReadOnlyList<IReadOnlyList<string>> rows,
        int width
    )
    {
        const int Gap = 2; // Blanks on both sides of a cell, and the outer ones.
        int[] widths =
        [
            .. columns.Select((c, i) => rows.Select(r => r[i]).Concat(c.Header.Split('\n')).Max(text => VisibleText.Of(text).Length) + Gap),
        ];
        var shown = Enumerable.Range(0, columns.Count).ToList();
        while (shown.Count > 1 && shown.Sum(i => widths[i] + 1) + 1 > width)
        {
            shown.Remove(shown.MaxBy(i => columns[i].Rank));
        }

        Table table = new Table().Border(TableBorder.Simple);
        foreach (int i in shown)
        {
            var column = new TableColumn(new Text(columns[i].Header)) { NoWrap = true };
            table.AddColumn(columns[i].IsNumber ? column.RightAligned() : column);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddTextRow(shown.Select(i => row[i]));
        }

        string leftOut = string.Join(", ", columns.Where((_, i) => !shown.Contains(i)).Select(c => c.Header.Replace('\n', ' ')));
        return leftOut.Length == 0 ? table : new Rows(table, new Text($"Left out on this narrow terminal: {leftOut}."));
    }

    private static Text Cell(string text) => new(VisibleText.Of(text));
}
