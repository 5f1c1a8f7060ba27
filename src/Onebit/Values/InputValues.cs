namespace Onebit;

/// <summary>The values that an operation reads, as 32-bit integers that lie in one memory.</summary>
/// <param name="memory">Where they lie.</param>
/// <param name="starts">Index of the first element of each value.</param>
/// <param name="infos">Shape, kind and range of each value.</param>
internal readonly ref struct InputValues(ReadOnlySpan<int> memory, ReadOnlySpan<int> starts, ReadOnlySpan<ValueInfo> infos)
{
    private readonly ReadOnlySpan<int> _memory = memory;
    private readonly ReadOnlySpan<int> _starts = starts;
    private readonly ReadOnlySpan<ValueInfo> _infos = infos;

    /// <summary>How many values are read.</summary>
    public int Count => _infos.Length;

    /// <summary>The elements of one value.</summary>
    public ReadOnlySpan<int> this[int input] => _memory.Slice(_starts[input], _infos[input].Count);

    /// <summary>Shape, kind and range of one value.</summary>
    public ValueInfo Info(int input) => _infos[input];
}
