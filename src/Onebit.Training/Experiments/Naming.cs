using System.Globalization;
using System.Text;

namespace Onebit.Training;

/// <summary>What may name an experiment, a network or a run. Names end up in paths, terminals, pages and pictures, which are XML.</summary>
internal static class Naming
{
    /// <summary>Refuses a name that no page could show.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">Whose name it is, such as "the network's name".</param>
    /// <exception cref="ExperimentException">It is empty, or holds a control character or broken text.</exception>
    internal static void Check(string name, string what)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ExperimentException($"{what} is empty; give one.");
        }

        foreach (Rune rune in name.EnumerateRunes())
        {
            if (
                Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                || rune == Rune.ReplacementChar // Also what half a surrogate pair is read as.
                || (rune.Value & 0xFFFE) == 0xFFFE // U+FFFE and U+FFFF of each plane are no characters.
            )
            {
                throw new ExperimentException($"{what} holds a control character or broken text; choose another.");
            }
        }
    }
}
