namespace Onebit;

/// <summary>
/// The ending of a layer whose activations have few bits, with steps of any height: the code is the number of the
/// channel's thresholds t with <c>x >= t</c>; where <c>Flipped[channel]</c>, the largest code minus that number.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Bits">Bits of a code, 1 to 7.</param>
/// <param name="Thresholds">2^<paramref name="Bits"/> - 1 integers a channel, channel by channel, none smaller than the one before.</param>
/// <param name="Flipped">The polarity, one flag a channel.</param>
public sealed record Quantize(int Input, int Bits, ReadOnlyMemory<int> Thresholds, ReadOnlyMemory<bool> Flipped) : Operation(Input);
