using System.Text;

namespace Onebit.Export;

/// <summary>Lines of C, indented by their braces.</summary>
internal sealed class CText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Appends lines. Their own indentation and empty ones among them do not count.</summary>
    public CText Add(string lines)
    {
        foreach (string line in lines.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            _depth -= line[0] == '}' ? 1 : 0;
            // Directives stand at the left. The lines of a comment begin with a star below that of the first one.
            _text.Append(' ', line[0] == '#' ? 0 : 4 * _depth + (line[0] == '*' ? 1 : 0)).Append(line).Append('\n');
            _depth += line[^1] == '{' ? 1 : 0;
        }

        return this;
    }

    /// <summary>Appends text as it is.</summary>
    public CText AddIndented(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Appends an empty line.</summary>
    public CText Space()
    {
        _text.Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();
}
