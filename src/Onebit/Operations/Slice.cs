namespace Onebit;

/// <summary>
/// Some elements of a value, one after another, as a value of another shape: <c>out[i] = in[Start + i]</c>. Kind and range stay.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Start">The first element read, in the order of elements.</param>
/// <param name="Shape">The shape of what it gives.</param>
public sealed record Slice(int Input, int Start, Shape Shape) : UnaryOperation(Input)
{
    internal const byte Kind = 23;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0],
            shape = check.Shape(Shape.Channels, Shape.Height, Shape.Width);
        check.Require(
            Start >= 0 && (long)Start + shape.Count <= x.Count,
            $"elements {Start} to {(long)Start + shape.Count - 1} are read of a value that has {x.Count}"
        );
        check.CountSteps(x.Count);
        return x with { Channels = shape.Channels, Height = shape.Height, Width = shape.Width };
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Start);
        writer.Size(Shape.Channels);
        writer.Size(Shape.Height);
        writer.Size(Shape.Width);
    }

    internal static Slice Read(ref FileReader reader, int input) =>
        new(input, reader.Size(), new Shape(reader.Size(), reader.Size(), reader.Size()));

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = x[Start + i];
        }
    }
}
