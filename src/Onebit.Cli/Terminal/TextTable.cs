using Spectre.Console;

namespace Onebit.Cli;

/// <summary>Tables whose cells are text that came from strangers: brackets in a name or a path are no markup.</summary>
internal static class TextTable
{
    /// <summary>Adds a row.</summary>
    internal static void AddTextRow(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(Cell));

    /// <summary>Adds a column of numbers.</summary>
    internal static void AddNumberColumn(this Table table, string header) => table.AddColumn(new TableColumn(Cell(header)).RightAligned());

    private static Text Cell(string text) => new(VisibleText.Of(text));
}
