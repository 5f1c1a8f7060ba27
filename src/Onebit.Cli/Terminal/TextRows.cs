using Spectre.Console;

namespace Onebit.Cli;

/// <summary>Rows of tables whose cells are text as it is: brackets in a name or a path are no markup.</summary>
internal static class TextRows
{
    /// <summary>Adds a row.</summary>
    internal static void AddTextRow(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
