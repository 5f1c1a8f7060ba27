using System.Globalization;

namespace Onebit.Export;

/// <summary>What the functions of one C file share: constant arrays, helpers, and the names of both.</summary>
internal sealed class CUnit(BitModel model, string prefix)
{
    private readonly Dictionary<string, string> _arrays = [];
    private readonly List<string> _helpers = [];

    /// <summary>The model.</summary>
    public BitModel Model => model;

    /// <summary>What names begin with.</summary>
    public string Prefix => prefix;

    /// <summary>The same in upper case, for constants.</summary>
    public string Macro { get; } = prefix.ToUpperInvariant();

    /// <summary>The values that are stored row by row.</summary>
    public required IReadOnlyDictionary<int, RowLayout> Layouts { get; init; }

    /// <summary>The layers that add columns of weights.</summary>
    public required ColumnPlan Columns { get; init; }

    /// <summary>The image lies in the work buffer, and may be overwritten.</summary>
    public required bool IsInPlace { get; init; }

    /// <summary>The model draws, so its last value is an image in the work buffer and not scores.</summary>
    public bool Draws => model.Input.Diffusion is not null;

    /// <summary>The value is the scores, which the caller keeps.</summary>
    public bool IsScores(int value) => value == model.Operations.Count && !Draws;

    /// <summary>The parameters of the function that predicts.</summary>
    public string Parameters =>
        IsInPlace ? $"{prefix}_work *work, {prefix}_score *scores" : $"const uint8_t *pixels, {prefix}_score *scores, {prefix}_work *work";

    /// <summary>Constant arrays and functions so far.</summary>
    public CText Text { get; } = new();

    /// <summary>Bytes of all constant arrays.</summary>
    public long ConstantBytes { get; private set; }

    /// <summary>The helpers that are used, those that others need first.</summary>
    public IEnumerable<string> HelperTexts => _helpers.Select(name => CHelpers.Text(name));

    /// <summary>Makes sure that a helper is there.</summary>
    /// <returns>Its name.</returns>
    public string Helper(string name)
    {
        if (!_helpers.Contains(name))
        {
            foreach (string needed in CHelpers.Needs(name))
            {
                Helper(needed);
            }

            _helpers.Add(name);
        }

        return name;
    }

    /// <summary>Makes sure that a constant array is there. Equal arrays are one.</summary>
    /// <returns>Its name: the one given, or that of an equal array before.</returns>
    public string Array(string name, CType type, IReadOnlyList<long> entries, bool hexadecimal = false)
    {
        string content = type.Name + string.Join(',', entries);
        if (_arrays.TryGetValue(content, out string? first))
        {
            return first;
        }

        _arrays.Add(content, name);
        ConstantBytes += (long)entries.Count * type.Bytes;
        string[] texts =
        [
            .. entries.Select(e => hexadecimal ? $"0x{e.ToString($"x{2 * type.Bytes}", CultureInfo.InvariantCulture)}" : Literal(e)),
        ];
        Text.Add(
                $$"""
                static const IN_FLASH {{type.Name}} {{name}}[{{entries.Count}}] = {
                {{Lines(texts)}}
                };
                """
            )
            .Space();
        return name;
    }

    /// <summary>The entries of an array, as many in a line as fit.</summary>
    public static string Lines(string[] entries)
    {
        int perLine = Math.Max(1, 96 / (entries.Max(e => e.Length) + 2));
        return string.Join("\n", entries.Chunk(perLine).Select(line => string.Join(", ", line) + ","));
    }

    /// <summary>A constant array of the smallest type.</summary>
    public string Array(string name, IReadOnlyList<long> entries) => Array(name, CType.Of(entries.Min(), entries.Max()), entries);

    /// <summary>How scores are stored.</summary>
    public CType ScoreType()
    {
        var scores = (Scores)model.Operations[^1];
        ValueInfo x = model.Values[scores.Input];
        // That they fit into 64 bits is a rule of models.
        long[] ends =
        [
            .. Enumerable
                .Range(0, scores.Multipliers.Length)
                .SelectMany(c => new long[] { x.Minimum, x.Maximum }.Select(e => scores.Multipliers.Span[c] * e + scores.Offsets.Span[c])),
        ];
        return ends.Min() >= int.MinValue && ends.Max() <= int.MaxValue ? CType.Int32 : CType.Int64;
    }

    /// <summary>An integer as it may stand in C, whose literals have no sign of their own.</summary>
    public static string Literal(long value) =>
        value switch
        {
            long.MinValue => "INT64_MIN",
            < int.MinValue or > int.MaxValue => $"INT64_C({value})",
            int.MinValue => "INT32_MIN",
            // An int may have 16 bits.
            < short.MinValue or > short.MaxValue => $"INT32_C({value})",
            _ => value.ToString(CultureInfo.InvariantCulture),
        };
}
