namespace Onebit.Datasets;

/// <summary>What was found in a folder and not read: how many files and folders, by reason.</summary>
public sealed class LeftOut
{
    private const int Shown = 8;

    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Number of files and folders by reason, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Counts =>
        [.. _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)];

    /// <summary>One sentence; null: nothing was left out.</summary>
    public string? Sentence =>
        _counts.Count == 0
            ? null
            : $"Left out: {string.Join(", ", Counts.Take(Shown).Select(c => $"{c.Value} {c.Key}"))}"
                + (_counts.Count > Shown ? $", {Counts.Skip(Shown).Sum(c => c.Value)} for other reasons" : "")
                + ".";

    internal void Add(string reason, int count = 1) => _counts[reason] = _counts.GetValueOrDefault(reason) + count;

    internal void Add(LeftOut other)
    {
        foreach ((string reason, int count) in other._counts)
        {
            Add(reason, count);
        }
    }
}
