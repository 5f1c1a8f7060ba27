namespace Onebit;

/// <summary>
/// The last operation of every model: one score a class,
/// <c>score = Multipliers[class] * x + Offsets[class]</c> in 64-bit integers. The predicted class is the one
/// with the largest score, the lowest index among equals. <c>score / 2^Shift</c> is the logit, for display only.
/// Reads a value of shape classes x 1 x 1.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Multipliers">One 32-bit integer a class.</param>
/// <param name="Offsets">One integer a class.</param>
/// <param name="Shift">0 to 62.</param>
public sealed record Scores(int Input, ReadOnlyMemory<int> Multipliers, ReadOnlyMemory<long> Offsets, int Shift) : Operation(Input);
