using System.Numerics;

namespace Onebit;

/// <summary>
/// The sum over each window, channel by channel: average pooling whose division is left to the next affine.
/// No padding, incomplete windows are dropped. Sums of k-bit codes are codes of
/// k + ceil(log2(Size * Size)) bits; sums of anything else are integers.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Size">Rows and columns of the window.</param>
/// <param name="Stride">Step between windows, both ways.</param>
public sealed record SumPool(int Input, int Size, int Stride) : UnaryOperation(Input)
{
    internal const byte Kind = 5;

    private const int MaxBits = 31;

    /// <inheritdoc/>
    public override string Label => $"SumPool {Size}x{Size}";

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0],
            shape = MaxPool.InferWindows(x, Size, Stride, check);
        int window = Size * Size;
        long maximum = (long)window * x.Maximum;
        if (x.Kind != ElementKind.Codes)
        {
            return check.Integers(shape, (long)window * x.Minimum, maximum);
        }

        int bits = x.Bits + (window == 1 ? 0 : BitOperations.Log2((uint)window - 1) + 1);
        check.Require(bits <= MaxBits, $"codes of {bits} bits are too wide, {MaxBits} are the most");
        return shape.AsCodes(bits, (int)maximum);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Size);
        writer.Size(Stride);
    }

    internal static SumPool Read(ref FileReader reader, int input) => new(input, Size: reader.Size(), Stride: reader.Size());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ValueInfo x = inputs.Info(0);
        ReadOnlySpan<int> elements = inputs[0];
        int next = 0;
        for (int c = 0; c < x.Channels; c++)
        {
            for (int y = 0; y <= x.Height - Size; y += Stride)
            {
                for (int z = 0; z <= x.Width - Size; z += Stride)
                {
                    long sum = 0;
                    for (int i = 0; i < Size; i++)
                    {
                        for (int j = 0; j < Size; j++)
                        {
                            sum += elements[(c * x.Height + y + i) * x.Width + z + j];
                        }
                    }

                    output[next++] = sum;
                }
            }
        }
    }
}
