using System.Globalization;
using System.Text;

namespace Onebit;

/// <summary>What may name a class. Names come from files and folders of strangers and end up in terminals and tables.</summary>
internal static class ClassNaming
{
    /// <summary>Bytes of a name in UTF-8.</summary>
    public const int MaxBytes = 255;

    public static Encoding StrictUtf8 { get; } = new UTF8Encoding(false, throwOnInvalidBytes: true);

    /// <summary>"0", "1" and so on: the names of classes that have none.</summary>
    public static string[] Numbers(int count)
    {
        var names = new string[count];
        for (int c = 0; c < count; c++)
        {
            names[c] = c.ToString(CultureInfo.InvariantCulture);
        }

        return names;
    }

    /// <summary>What is wrong with a name, to follow "a class name"; null: nothing.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0)
        {
            return "is empty";
        }

        if (VisibleText.IsBroken(name))
        {
            return "holds a control character or broken text";
        }

        return StrictUtf8.GetByteCount(name) > MaxBytes ? $"is longer than {MaxBytes} bytes" : null;
    }

    /// <summary>A copy of the names, or null where they are the numbers, which need not be kept.</summary>
    /// <exception cref="InvalidDataException">They are not one good name per class.</exception>
    public static string[]? Check(IReadOnlyList<string>? names, int classes)
    {
        if (names is null)
        {
            return null;
        }

        if (names.Count != classes)
        {
            throw new InvalidDataException($"{classes} classes have {names.Count} names.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        bool numbers = true;
        for (int c = 0; c < classes; c++)
        {
            if (Fault(names[c]) is { } fault)
            {
                throw new InvalidDataException($"The name of class {c} {fault}.");
            }

            if (!seen.Add(names[c]))
            {
                throw new InvalidDataException($"Two classes are named '{names[c]}'.");
            }

            numbers &= names[c] == c.ToString(CultureInfo.InvariantCulture);
        }

        return numbers ? null : [.. names];
    }
}
