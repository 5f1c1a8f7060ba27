namespace Onebit.Export;

/// <content>What folds batch normalization: one affine per channel, and a quantization.</content>
internal sealed partial class QonnxGraph
{
    /// <summary>-1 and +1 by one threshold per channel.</summary>
    internal QonnxValue Signs(Threshold operation)
    {
        QonnxValue x = _values[operation.Input];
        ValueInfo info = _model.Values[operation.Input];
        double[] factors = Array.ConvertAll(operation.Flipped.ToArray(), f => f ? -1.0 : 1.0);
        // Half below the threshold, where no integer is: in units of a half.
        long[] offsets =
        [
            .. operation
                .Thresholds.ToArray()
                .Select((t, c) => (operation.Flipped.Span[c] ? 1 : -1) * (2 * Math.Clamp((long)t, info.Minimum, info.Maximum + 1L) - 1)),
        ];
        string moved = Affine(operation, x.Name, x.IsFlat, factors, offsets, 1);
        return x with { Name = _onnx.Node("BipolarQuant", [moved, _onnx.Constant(1f)], domain: Domain) };
    }

    /// <summary>Codes of 8 bits, or integers of 16.</summary>
    internal QonnxValue Codes(Requantize operation)
    {
        QonnxValue x = _values[operation.Input];
        string moved = Affine(operation, x, operation.Multipliers, operation.Offsets, operation.Shift);
        return x with { Name = Quant(moved, operation.OutputBits, isSigned: operation.OutputBits == 16, "FLOOR") };
    }

    /// <summary>Codes of few bits, whose thresholds must be those of equal steps.</summary>
    internal QonnxValue Codes(Quantize operation)
    {
        QonnxValue x = _values[operation.Input];
        ValueInfo info = _model.Values[operation.Input];
        int levels = (1 << operation.Bits) - 1;
        float[] factors = new float[operation.Flipped.Length],
            offsets = new float[factors.Length];
        for (int c = 0; c < factors.Length; c++)
        {
            ReadOnlySpan<int> thresholds = operation.Thresholds.Span.Slice(c * levels, levels);
            (factors[c], offsets[c]) =
                EqualSteps.Find(thresholds, operation.Flipped.Span[c], info.Minimum, info.Maximum)
                ?? throw Refusal(operation, $"the steps of channel {c} are not equal");
        }

        int[] shape = PerChannel(factors.Length, x.IsFlat);
        string scaled = _onnx.Node("Mul", [x.Name, _onnx.Constant<float>(shape, factors)]),
            moved = _onnx.Node("Add", [scaled, _onnx.Constant<float>(shape, offsets)]);
        return x with { Name = Quant(moved, operation.Bits, isSigned: false, "FLOOR") };
    }

    /// <summary>The logits, images x classes.</summary>
    internal QonnxValue Logits(Scores operation)
    {
        QonnxValue x = new(Flat(_values[operation.Input]), IsFlat: true);
        string moved = Affine(operation, x, operation.Multipliers, operation.Offsets, operation.Shift);
        return new QonnxValue(_onnx.Node("Identity", [moved], output: Output), IsFlat: true);
    }

    private string Affine(Operation operation, QonnxValue x, ReadOnlyMemory<int> multipliers, ReadOnlyMemory<long> offsets, int shift) =>
        Affine(operation, x.Name, x.IsFlat, Array.ConvertAll(multipliers.ToArray(), m => Math.ScaleB(m, -shift)), offsets.ToArray(), shift);

    /// <summary>
    /// Factors, and offsets in units of <c>2^-shift</c>. An offset may have more bits than a float: it is added in two parts.
    /// </summary>
    private string Affine(Operation operation, string x, bool isFlat, double[] factors, long[] offsets, int shift)
    {
        int[] shape = PerChannel(factors.Length, isFlat);
        float[] single = Array.ConvertAll(factors, f => (float)f);
        if (!single.Select(f => (double)f).SequenceEqual(factors))
        {
            throw Refusal(operation, "its multipliers have more than the 24 bits of a float");
        }

        if (factors.Any(f => f != 1))
        {
            x = _onnx.Node("Mul", [x, _onnx.Constant<float>(shape, single)]);
        }

        Int128[] rest = Array.ConvertAll(offsets, o => (Int128)o);
        for (int part = 0; part < 2 && rest.Any(r => r != 0); part++)
        {
            float[] rounded = Array.ConvertAll(rest, r => (float)r);
            rest = [.. rest.Select((r, c) => r - (Int128)rounded[c])];
            x = _onnx.Node("Add", [x, _onnx.Constant<float>(shape, Array.ConvertAll(rounded, r => MathF.ScaleB(r, -shift)))]);
        }

        // Programs add the parts in double precision at best.
        return rest.All(r => r == 0) && offsets.All(o => (Int128)(double)o == o)
            ? x
            : throw Refusal(operation, "its offsets have more bits than two floats hold");
    }

    private static int[] PerChannel(int channels, bool isFlat) => isFlat ? [channels] : [channels, 1, 1];
}
