namespace Onebit;

/// <summary>
/// The sum over each window, channel by channel: average pooling whose division is left to the next affine.
/// No padding, incomplete windows are dropped. Sums of k-bit codes are codes of
/// k + ceil(log2(Size * Size)) bits; sums of anything else are integers.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Size">Rows and columns of the window.</param>
/// <param name="Stride">Step between windows, both ways.</param>
public sealed record SumPool(int Input, int Size, int Stride) : Operation(Input);
