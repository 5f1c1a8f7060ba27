namespace Onebit;

/// <summary>
/// The ending of a layer whose activations keep several bits: batch normalization, activation and rounding,
/// folded to <c>clamp((Multipliers[channel] * x + Offsets[channel]) >> Shift, lowest, highest)</c> in 64-bit
/// integers with an arithmetic shift. With <see cref="OutputBits"/> 8 the range is 0..255, a ReLU's codes;
/// with 16 it is -32,768..32,767, the integers of a residual path.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Multipliers">One 32-bit integer a channel.</param>
/// <param name="Offsets">One integer a channel.</param>
/// <param name="Shift">0 to 62.</param>
/// <param name="OutputBits">8 or 16.</param>
public sealed record Requantize(int Input, ReadOnlyMemory<int> Multipliers, ReadOnlyMemory<long> Offsets, int Shift, int OutputBits)
    : Operation(Input);
