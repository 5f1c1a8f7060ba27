namespace Onebit;

/// <summary>
/// A convolution with weights of one bit, each -1 or +1; a dense layer is the convolution whose kernel
/// covers its whole input. Reads signs or codes, gives the exact integer sums
/// <c>sum = w . x</c>, shape outputs x ((height + 2 padding - kernel height) / stride + 1) x likewise.
/// Positions outside the input count as 0 where the input holds codes and as -1 where it holds signs.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Outputs">Number of output channels; a multiple of <paramref name="Groups"/>.</param>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="Stride">Step between positions, both ways; at least 1.</param>
/// <param name="Padding">Positions added on each of the four sides.</param>
/// <param name="Groups">Output channel <c>o</c> sees the input channels of group <c>o / (Outputs / Groups)</c> alone.</param>
/// <param name="Weights">
/// The bit-plane, unpadded: bit <c>o * fanIn + i</c>, lowest bit of a byte first, is 1 for +1 and 0 for -1;
/// <c>i</c> runs over (channel within the group, kernel row, kernel column). Unused bits of the last byte are 0.
/// </param>
public sealed record Linear(
    int Input,
    int Outputs,
    int KernelHeight,
    int KernelWidth,
    int Stride,
    int Padding,
    int Groups,
    ReadOnlyMemory<byte> Weights
) : Operation(Input);
