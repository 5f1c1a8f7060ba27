namespace Onebit;

/// <summary>The largest value in each window, channel by channel; no padding, incomplete windows are dropped.</summary>
/// <param name="Input">The value read.</param>
/// <param name="Size">Rows and columns of the window.</param>
/// <param name="Stride">Step between windows, both ways.</param>
public sealed record MaxPool(int Input, int Size, int Stride) : UnaryOperation(Input)
{
    internal const byte Kind = 4;

    /// <inheritdoc/>
    public override string Label => $"MaxPool {Size}x{Size}";

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check) => InferWindows(inputs[0], Size, Stride, check);

    /// <summary>One element per window, with kind and range of the input.</summary>
    internal static ValueInfo InferWindows(ValueInfo x, int size, int stride, ModelCheck check)
    {
        check.Require(size >= 1 && stride >= 1, "size and stride of a window are at least 1");
        check.Require(size <= x.Height && size <= x.Width, $"a window of {size} x {size} does not fit into {x.Dimensions}");
        ValueInfo shape = check.Shape(x.Channels, (x.Height - size) / stride + 1, (x.Width - size) / stride + 1);
        check.CountSteps((Int128)shape.Count * size * size);
        return x with { Height = shape.Height, Width = shape.Width };
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Size);
        writer.Size(Stride);
    }

    internal static MaxPool Read(ref FileReader reader, int input) => new(input, Size: reader.Size(), Stride: reader.Size());

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
                    long max = long.MinValue;
                    for (int i = 0; i < Size; i++)
                    {
                        for (int j = 0; j < Size; j++)
                        {
                            max = Math.Max(max, elements[(c * x.Height + y + i) * x.Width + z + j]);
                        }
                    }

                    output[next++] = max;
                }
            }
        }
    }
}
