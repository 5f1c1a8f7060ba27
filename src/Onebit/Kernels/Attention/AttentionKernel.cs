namespace Onebit;

/// <summary>Attention on one image, head by head and query by query. Keys are the lanes of vectors.</summary>
/// <param name="layer">The layer.</param>
internal abstract class AttentionKernel(FusedAttention layer)
{
    /// <summary>Number of heads.</summary>
    protected readonly int Heads = layer.Scores.Heads;

    /// <summary>Channels of a head, of queries and keys.</summary>
    protected readonly int Depth = layer.Query.Channels / layer.Scores.Heads;

    /// <summary>Channels of a head, of values.</summary>
    protected readonly int ValueDepth = layer.Value.Channels / layer.Scores.Heads;

    /// <summary>Positions of queries.</summary>
    protected readonly int Queries = layer.Query.Area;

    /// <summary>Positions of keys.</summary>
    protected readonly int Keys = layer.Key.Area;

    /// <summary>Bytes of scratch memory.</summary>
    public abstract int ScratchBytes { get; }

    /// <summary>Runs the layer.</summary>
    /// <param name="query">The queries: a <see cref="BitString"/> or bytes.</param>
    /// <param name="key">The keys, likewise.</param>
    /// <param name="value">The values, likewise.</param>
    /// <param name="result">Receives the elements of the result. Up to a vector behind them is overwritten.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>. Its contents do not matter.</param>
    public abstract void Run(ref byte query, ref byte key, ref byte value, ref int result, ref byte scratch);
}
