namespace Onebit.Export;

/// <summary>The weights of a layer as QONNX says them: whole codes times one scale.</summary>
/// <param name="Codes">-1 and +1; or of two bits, -2 to 1.</param>
/// <param name="IsOneBit">-1 and +1 alone.</param>
internal sealed record QonnxWeights(float[] Codes, bool IsOneBit)
{
    /// <summary>What a sum of bit planes is in units of two-bit codes.</summary>
    public const float TwoBitScale = 2;

    /// <summary>The weights of one bit plane.</summary>
    public static QonnxWeights OneBit(BitModel model, Linear layer) => new(Signs(model, layer), IsOneBit: true);

    /// <summary>
    /// The sums of bit planes that are layers of two-bit weights, by the index of the operation: <c>b1 + b0</c> of signs for codes of -1 to
    /// 1, <c>2 b1 + b0 - 1</c> for codes of -2 to 1. Only such planes as reading the file makes again.
    /// </summary>
    public static IReadOnlyDictionary<int, QonnxWeights> TwoBits(BitModel model)
    {
        var found = new Dictionary<int, QonnxWeights>();
        for (int i = 0; i < model.Operations.Count; i++)
        {
            if (model.Operations[i] is WeightedSum sum && Codes2(model, sum) is { } codes)
            {
                found.Add(i, new QonnxWeights(codes, IsOneBit: false));
            }
        }

        return found;
    }

    /// <summary>Whether a layer is read as a plane of two-bit weights alone.</summary>
    public static bool IsPart(BitModel model, IReadOnlyDictionary<int, QonnxWeights> twoBits, int layer)
    {
        int[] readers = [.. Enumerable.Range(0, model.Operations.Count).Where(i => model.Operations[i].Inputs.Span.Contains(layer + 1))];
        return readers.Length > 0 && readers.All(twoBits.ContainsKey);
    }

    private static float[]? Codes2(BitModel model, WeightedSum sum)
    {
        Linear?[] planes = [.. sum.Inputs.ToArray().Select(v => v > 0 ? model.Operations[v - 1] as Linear : null)];
        Linear? first = planes[0];
        int channels = sum.Multipliers.Length / planes.Length;
        int[] factors = [.. Enumerable.Range(0, planes.Length).Select(t => sum.Multipliers.Span[t * channels])];
        if (
            factors is not ([1, 1] or [2, 1, -1])
            || planes.Any(p => p is null || Geometry(p) != Geometry(first!))
            || channels != first!.Outputs
            || !sum.Multipliers.ToArray().Select((m, i) => m == factors[i / channels]).All(same => same)
        )
        {
            return null;
        }

        float[][] signs = [.. planes.Select(p => Signs(model, p!))];
        float[] codes = [.. signs[0].Select((_, i) => factors.Select((f, t) => f * signs[t][i]).Sum() / TwoBitScale)];
        int fanIn = codes.Length / first.Outputs;
        bool same =
            factors.Length == 2
                ? codes.Select((c, i) => c != 0 || signs[0][i] < 0).All(s => s) && codes.Contains(0)
                : signs[2].All(s => s > 0) && codes.Contains(-2);
        // Where all codes of an output are even, its scale would be read as twice as large.
        return same && codes.Chunk(fanIn).All(row => row.Any(c => Math.Abs(c) == 1)) ? codes : null;
    }

    private static (int, int, int, int, int, int, int) Geometry(Linear l) =>
        (l.Input, l.Outputs, l.KernelHeight, l.KernelWidth, l.Stride, l.Padding, l.Groups);

    private static float[] Signs(BitModel model, Linear layer)
    {
        int fanIn = model.Values[layer.Input].Channels / layer.Groups * layer.KernelHeight * layer.KernelWidth;
        float[] signs = new float[layer.Outputs * fanIn];
        for (int i = 0; i < signs.Length; i++)
        {
            signs[i] = (layer.Weights.Span[i / 8] >> (i % 8) & 1) == 1 ? 1 : -1;
        }

        return signs;
    }
}
