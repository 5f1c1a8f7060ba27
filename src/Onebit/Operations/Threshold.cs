namespace Onebit;

/// <summary>
/// The end of a layer whose activations are signs: batch normalization and sign, folded.
/// Gives +1 where <c>x >= Thresholds[channel]</c> and -1 elsewhere; where <c>Flipped[channel]</c>
/// (the normalization's factor was negative), the other way round.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Thresholds">One integer per channel.</param>
/// <param name="Flipped">The polarity, one flag per channel.</param>
public sealed record Threshold(int Input, ReadOnlyMemory<int> Thresholds, ReadOnlyMemory<bool> Flipped) : UnaryOperation(Input)
{
    internal const byte Kind = 2;

    /// <summary>One integer per channel; copied when they are set.</summary>
    public ReadOnlyMemory<int> Thresholds
    {
        get;
        init => field = value.ToArray();
    } = Thresholds.ToArray();

    /// <summary>One flag per channel; copied when they are set.</summary>
    public ReadOnlyMemory<bool> Flipped
    {
        get;
        init => field = value.ToArray();
    } = Flipped.ToArray();

    /// <inheritdoc/>
    public override long ParameterCount => Thresholds.Length + Flipped.Length;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.CountEntries(x, Thresholds.Length);
        check.CountEntries(x, Flipped.Length);
        return check.SameShape(x).AsSigns();
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Thresholds.Length);
        writer.Integers(Thresholds.Span);
        writer.Flags(Flipped.Span);
    }

    internal static Threshold Read(ref FileReader reader, int input)
    {
        int channels = reader.Size();
        return new Threshold(input, reader.Integers32(channels), reader.Flags(channels));
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        int area = inputs.Info(0).Area;
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / area;
            bool reached = x[i] >= Thresholds.Span[channel];
            output[i] = reached != Flipped.Span[channel] ? 1 : -1;
        }
    }
}
