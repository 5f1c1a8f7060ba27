using System.Globalization;
using System.Text;

namespace Onebit;

/// <summary>
/// Names as they may be shown. Names of files, classes and experiments come from strangers. Control characters in them would move a
/// terminal's cursor, and bidirectional marks would reorder what stands beside them. One source, compiled into each project that shows
/// names.
/// </summary>
internal static class VisibleText
{
    private const int Joiner = 0x200D,
        NonJoiner = 0x200C;

    /// <summary>The text with each character that is not a visible one written as its number, such as <c>\u001B</c>.</summary>
    public static string Of(string text)
    {
        StringBuilder? shown = null;
        int at = 0;
        while (at < text.Length)
        {
            bool whole = Rune.TryGetRuneAt(text, at, out Rune rune);
            int length = whole ? rune.Utf16SequenceLength : 1;
            if (whole && IsVisible(rune))
            {
                shown?.Append(text, at, length);
            }
            else
            {
                shown ??= new StringBuilder(text, 0, at, text.Length + 16);
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(whole ? rune.Value : text[at]):X4}");
            }

            at += length;
        }

        return shown?.ToString() ?? text;
    }

    /// <summary>The text holds a control character or a line break, or was broken when it was read. Nothing may have such a name.</summary>
    public static bool IsBroken(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            // Half a surrogate pair is read as the replacement character.
            if (
                Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                || rune == Rune.ReplacementChar
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>U+FFFE and U+FFFF of each plane, which XML refuses.</summary>
    public static bool IsNoCharacter(Rune rune) => (rune.Value & 0xFFFE) == 0xFFFE;

    // Joiners are part of how Persian, Indian scripts and emoji are spelled, and hide nothing.
    private static bool IsVisible(Rune rune) =>
        rune.Value is Joiner or NonJoiner
        || (
            Rune.GetUnicodeCategory(rune)
                is not (
                    UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                )
            && !IsNoCharacter(rune)
        );
}
