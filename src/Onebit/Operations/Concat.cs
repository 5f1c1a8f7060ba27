namespace Onebit;

/// <summary>
/// The channels of several values one after another, such as those of a long skip connection. Codes of different numbers of bits give
/// codes of the largest number.
/// </summary>
/// <param name="Inputs">The values read, 2 to 64, in the order of their channels; all of the same height, width and kind.</param>
public sealed record Concat(ReadOnlyMemory<int> Inputs) : Operation(Inputs.Span)
{
    internal const byte Kind = 15;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        check.Require(inputs.Length is >= 2 and <= MaxInputs, $"2 to {MaxInputs} values are concatenated, not {inputs.Length}");
        ValueInfo result = inputs[0];
        Int128 channels = result.Channels;
        foreach (ValueInfo x in inputs[1..])
        {
            check.Require(
                (x.Height, x.Width, x.Kind) == (result.Height, result.Width, result.Kind),
                $"{x.Kind} of {x.Dimensions} cannot be concatenated to {result.Kind} of {result.Dimensions}"
            );
            channels += x.Channels;
            result = result with
            {
                Bits = Math.Max(result.Bits, x.Bits),
                Minimum = Math.Min(result.Minimum, x.Minimum),
                Maximum = Math.Max(result.Maximum, x.Maximum),
            };
        }

        ValueInfo shape = check.Shape(channels, result.Height, result.Width);
        check.CountSteps(shape.Count);
        return result with { Channels = shape.Channels };
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        WriteInputs(writer);
    }

    internal static Concat Read(ref FileReader reader, int input) => new(ReadInputs(ref reader, input));

    internal override void Run(InputValues inputs, Span<long> output)
    {
        int next = 0;
        for (int t = 0; t < inputs.Count; t++)
        {
            foreach (int element in inputs[t])
            {
                output[next++] = element;
            }
        }
    }
}
