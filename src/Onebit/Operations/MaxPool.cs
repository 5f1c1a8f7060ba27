namespace Onebit;

/// <summary>The largest value in each window, channel by channel; no padding, incomplete windows are dropped.</summary>
/// <param name="Input">The value read.</param>
/// <param name="Size">Rows and columns of the window.</param>
/// <param name="Stride">Step between windows, both ways.</param>
public sealed record MaxPool(int Input, int Size, int Stride) : Operation(Input);
