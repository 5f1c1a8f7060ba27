namespace Onebit;

/// <summary>
/// An activation of two straight lines (RPReLU, Maxout):
/// <c>(HighMultipliers[channel] * x + HighOffsets[channel]) >> Shift</c> where <c>x >= Breaks[channel]</c>, the same with
/// <paramref name="LowMultipliers"/> and <paramref name="LowOffsets"/> elsewhere, in 64-bit integers with an arithmetic
/// shift, clamped to -32,768..32,767. Gives integers.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Breaks">Where the upper line begins, one integer a channel.</param>
/// <param name="LowMultipliers">Slopes of the lower line, one 32-bit integer a channel.</param>
/// <param name="LowOffsets">One integer a channel.</param>
/// <param name="HighMultipliers">Slopes of the upper line, one 32-bit integer a channel.</param>
/// <param name="HighOffsets">One integer a channel.</param>
/// <param name="Shift">0 to 62.</param>
public sealed record PiecewiseLinear(
    int Input,
    ReadOnlyMemory<int> Breaks,
    ReadOnlyMemory<int> LowMultipliers,
    ReadOnlyMemory<long> LowOffsets,
    ReadOnlyMemory<int> HighMultipliers,
    ReadOnlyMemory<long> HighOffsets,
    int Shift
) : Operation(Input);
