using Spectre.Console;

namespace Onebit.Cli;

/// <summary>Names and paths as a terminal may show them.</summary>
internal static class Shown
{
    /// <summary>A name as markup, for the cells of a table.</summary>
    internal static string Name(string name) => Markup.Escape(VisibleText.Of(name));
}
