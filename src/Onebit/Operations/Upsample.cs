namespace Onebit;

/// <summary>
/// Nearest-neighbor up-sampling by a factor of 2: twice as many rows and columns, <c>out[c, y, x] = in[c, y / 2, x / 2]</c>.
/// Kind and range stay.
/// </summary>
/// <param name="Input">The value read.</param>
public sealed record Upsample(int Input) : UnaryOperation(Input)
{
    internal const byte Kind = 16;

    private const int Factor = 2;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0],
            shape = check.Shape(x.Channels, (Int128)x.Height * Factor, (Int128)x.Width * Factor);
        check.CountSteps(shape.Count);
        return x with { Height = shape.Height, Width = shape.Width };
    }

    internal override void Write(FileWriter writer) => WriteHead(writer, Kind);

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ValueInfo x = inputs.Info(0);
        ReadOnlySpan<int> elements = inputs[0];
        int width = x.Width * Factor;
        for (int i = 0; i < output.Length; i++)
        {
            // The rows of all channels lie one below the other.
            (int row, int column) = (i / width, i % width);
            output[i] = elements[row / Factor * x.Width + column / Factor];
        }
    }
}
