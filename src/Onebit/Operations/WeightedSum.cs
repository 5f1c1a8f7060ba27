namespace Onebit;

/// <summary>
/// A weighted sum of several values, a factor for each of them and each channel: what joins the layers of several
/// weight bases and bit planes.
/// <c>out[c, y, x] = sum over t of Multipliers[t * channels + c] * in_t[c / (channels / channels_t), y, x]</c>.
/// Gives integers.
/// </summary>
/// <param name="Inputs">
/// The values read, 1 to 64, of any kind, all of the same height and width. Their numbers of channels divide that of the
/// output: equal in the usual case, 1 for a sum that all outputs share, or the number of groups.
/// </param>
/// <param name="Multipliers">One integer per channel for the first value, then for the second and so on.</param>
public sealed record WeightedSum(ReadOnlyMemory<int> Inputs, ReadOnlyMemory<int> Multipliers) : Operation(Inputs.Span)
{
    internal const byte Kind = 8;

    /// <summary>One integer per channel for the first value, then for the second and so on; copied when they are set.</summary>
    public ReadOnlyMemory<int> Multipliers
    {
        get;
        init => field = value.ToArray();
    } = Multipliers.ToArray();

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ReadOnlySpan<int> multipliers = Multipliers.Span;
        check.Require(inputs.Length is >= 1 and <= MaxInputs, $"1 to {MaxInputs} values are combined, not {inputs.Length}");
        check.Require(multipliers.Length % inputs.Length == 0, "each value has a multiplier per channel");
        check.CountEntries(multipliers.Length);
        int channels = multipliers.Length / inputs.Length;
        ValueInfo shape = check.Shape(channels, inputs[0].Height, inputs[0].Width);
        check.CountSteps((Int128)shape.Count * inputs.Length);
        var minima = new Int128[channels];
        var maxima = new Int128[channels];
        for (int t = 0; t < inputs.Length; t++)
        {
            ValueInfo x = inputs[t];
            check.Require(
                (x.Height, x.Width) == (shape.Height, shape.Width) && channels % x.Channels == 0,
                $"a value of {x.Dimensions} is not combined to one of {shape.Dimensions}"
            );
            for (int c = 0; c < channels; c++)
            {
                long multiplier = multipliers[t * channels + c],
                    one = multiplier * x.Minimum,
                    two = multiplier * x.Maximum;
                minima[c] += Math.Min(one, two);
                maxima[c] += Math.Max(one, two);
            }
        }

        return check.Integers(shape, minima.Min(), maxima.Max());
    }

    internal override int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output)
    {
        (Int128 low, Int128 high) = (0, 0);
        for (int c = 0; c < output.Channels; c++)
        {
            (Int128 lowest, Int128 highest) = (0, 0);
            for (int t = 0; t < inputs.Length; t++)
            {
                long multiplier = Multipliers.Span[t * output.Channels + c],
                    one = multiplier * inputs[t].Minimum,
                    two = multiplier * inputs[t].Maximum;
                (lowest, highest) = (lowest + Math.Min(one, two), highest + Math.Max(one, two));
                low = Int128.Min(low, Int128.Min(lowest, Math.Min(one, two)));
                high = Int128.Max(high, Int128.Max(highest, Math.Max(one, two)));
            }
        }

        // As many bits as a long has, where more would be needed.
        return ValueInfo.SignedBits((long)Int128.Max(low, long.MinValue), (long)Int128.Min(high, long.MaxValue));
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        WriteInputs(writer);
        writer.Size(Multipliers.Length / Inputs.Length);
        writer.Integers(Multipliers.Span);
    }

    internal static WeightedSum Read(ref FileReader reader, int input)
    {
        int[] inputs = ReadInputs(ref reader, input);
        return new WeightedSum(inputs, reader.Integers32(FileReader.Entries(reader.Size(), inputs.Length)));
    }

    /// <inheritdoc/>
    public override long ParameterCount => Multipliers.Length;

    internal override void Run(InputValues inputs, Span<long> output)
    {
        output.Clear();
        int area = inputs.Info(0).Area,
            channels = output.Length / area;
        for (int t = 0; t < inputs.Count; t++)
        {
            ReadOnlySpan<int> x = inputs[t];
            int sharing = channels / inputs.Info(t).Channels;
            for (int i = 0; i < output.Length; i++)
            {
                int channel = i / area;
                output[i] += (long)Multipliers.Span[t * channels + channel] * x[channel / sharing * area + i % area];
            }
        }
    }
}
