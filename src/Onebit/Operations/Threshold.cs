namespace Onebit;

/// <summary>
/// The ending of a layer whose activations are signs: batch normalization and sign, folded.
/// Gives +1 where <c>x >= Thresholds[channel]</c> and -1 elsewhere; where <c>Flipped[channel]</c>
/// (the normalization's factor was negative), the other way round.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Thresholds">One integer a channel.</param>
/// <param name="Flipped">The polarity, one flag a channel.</param>
public sealed record Threshold(int Input, ReadOnlyMemory<int> Thresholds, ReadOnlyMemory<bool> Flipped) : Operation(Input);
