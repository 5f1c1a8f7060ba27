namespace Onebit;

/// <summary>The element-wise sum of two values of equal shape: the joint of a residual path. Gives integers.</summary>
/// <param name="Input">The first value.</param>
/// <param name="Other">The second value.</param>
public sealed record Add(int Input, int Other) : Operation(Input, Other)
{
    internal const byte Kind = 6;

    /// <summary>The first value.</summary>
    public int Input => Inputs.Span[0];

    /// <summary>The second value.</summary>
    public int Other => Inputs.Span[1];

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        (ValueInfo x, ValueInfo other) = (inputs[0], inputs[1]);
        check.Require(
            (x.Channels, x.Height, x.Width) == (other.Channels, other.Height, other.Width),
            $"values of {x.Dimensions} and {other.Dimensions} cannot be added"
        );
        return check.Integers(check.SameShape(x), (long)x.Minimum + other.Minimum, (long)x.Maximum + other.Maximum);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Other);
    }

    internal static Add Read(ref FileReader reader, int input) => new(input, reader.Size());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0],
            other = inputs[1];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = (long)x[i] + other[i];
        }
    }
}
