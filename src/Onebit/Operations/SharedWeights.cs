using System.Diagnostics.CodeAnalysis;

namespace Onebit;

/// <summary>
/// Finds layers of one model that share their weights. Several bit planes of activations under one weight base are as
/// many <see cref="Linear"/> operations, whose weights a file holds once.
/// </summary>
internal sealed class SharedWeights : IEqualityComparer<Linear>
{
    private readonly Dictionary<Linear, int> _firsts;

    public SharedWeights() => _firsts = new(this);

    /// <summary>The first operation with a layer's geometry and weights: itself, where none came before.</summary>
    /// <param name="linear">The layer. Those before it have been asked for already, in their order.</param>
    /// <param name="index">Its own index.</param>
    public int First(Linear linear, int index)
    {
        if (!_firsts.TryGetValue(linear, out int first))
        {
            _firsts.Add(linear, first = index);
        }

        return first;
    }

    public bool Equals(Linear? x, Linear? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.SharesWeights(y));

    // Seeded at random: no file can be made whose layers all have to be compared with all others.
    public int GetHashCode([DisallowNull] Linear linear)
    {
        var hash = new HashCode();
        hash.AddBytes(linear.Weights.Span);
        return hash.ToHashCode();
    }
}
