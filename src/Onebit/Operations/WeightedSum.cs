namespace Onebit;

/// <summary>
/// A weighted sum of several values, a factor for each of them and each channel: what joins the layers of several
/// planes of weights and activations.
/// <c>out[c, y, x] = sum over t of Multipliers[t * channels + c] * in_t[c / (channels / channels_t), y, x]</c>.
/// Gives integers.
/// </summary>
/// <param name="Inputs">
/// The values read, 1 to 64, of any kind, all of the same height and width. Their numbers of channels divide that of the
/// output: equal in the usual case, 1 for a sum that all outputs share, or the number of groups.
/// </param>
/// <param name="Multipliers">One integer a channel for the first value, then for the second and so on.</param>
public sealed record WeightedSum(ReadOnlyMemory<int> Inputs, ReadOnlyMemory<int> Multipliers)
    : Operation(Inputs.IsEmpty ? -1 : Inputs.Span[0])
{
    /// <summary>Values read at most.</summary>
    internal const int MaxInputs = 64;

    /// <inheritdoc/>
    internal override int InputCount => Inputs.Length;

    /// <inheritdoc/>
    internal override int InputAt(int index) => Inputs.Span[index];
}
