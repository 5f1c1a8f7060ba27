namespace Onebit;
#pragma warning disable
public sealed record Combine(ReadOnlyMemory<int> Inputs, ReadOnlyMemory<int> Multipliers) : Operation(Inputs.Span[0]);
public sealed record Quantize(int Input, int Bits, ReadOnlyMemory<int> Thresholds, ReadOnlyMemory<bool> Flipped) : Operation(Input);
public sealed record Plane(int Input, int Bit) : Operation(Input);
public sealed record TwoSlope(int Input, ReadOnlyMemory<int> Breaks, ReadOnlyMemory<int> LowMultipliers, ReadOnlyMemory<long> LowOffsets, ReadOnlyMemory<int> HighMultipliers, ReadOnlyMemory<long> HighOffsets, int Shift) : Operation(Input);
