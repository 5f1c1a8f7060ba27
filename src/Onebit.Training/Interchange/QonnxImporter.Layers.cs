namespace Onebit.Training;

/// <content>Layers with weights, and pooling.</content>
public sealed partial class QonnxImporter
{
    private ImportedValue Dense(OnnxNode node)
    {
        ImportedValue value = Value(node, 0);
        OnnxTensor weights = Constant(node, 1);
        bool byOutput = node.Operation == "Gemm" && Attribute(node, "transB", 0) == 1;
        if (
            !(value.IsFlat || value.Info.Area == 1)
            || weights.Dimensions is not [int rows, int columns]
            || value.Info.Count != (byOutput ? columns : rows)
            || Attribute(node, "transA", 0) != 0
        )
        {
            throw Refusal($"it must multiply {value.Info.Count} flattened elements with a matrix of as many rows");
        }

        if (node.Attributes.GetValueOrDefault("alpha", 1.0) is not 1.0 || node.Attributes.GetValueOrDefault("beta", 1.0) is not 1.0)
        {
            throw Refusal("its alpha and beta must be 1");
        }

        OnnxTensor ordered = byOutput ? weights : Transposed(node with { Attributes = new Dictionary<string, object>() }, weights);
        return Layer(node, value, ordered.Values, ordered.Dimensions[0], value.Info.Height, value.Info.Width, 1, 1) with { IsFlat = true };
    }

    private ImportedValue Convolution(OnnxNode node)
    {
        ImportedValue value = Value(node, 0);
        OnnxTensor weights = Constant(node, 1);
        long groups = Attribute(node, "group", 1);
        long[] strides = Attributes(node, "strides", 1, 1),
            pads = Attributes(node, "pads", 0, 0, 0, 0);
        if (
            value.IsFlat
            || weights.Dimensions is not [int outputs, int channels, int height, int width]
            || groups < 1
            || channels * groups != value.Info.Channels
            || pads.Length != 4
            || pads.Any(p => p != pads[0] || p < 0 || p > ModelLimits.MaxValueElements)
            || strides.Length != 2
            || strides[0] != strides[1]
            || strides[0] is < 1 or > int.MaxValue
            || Attributes(node, "dilations", 1, 1).Any(d => d != 1)
            || node.Attributes.GetValueOrDefault("auto_pad", "NOTSET") is not "NOTSET"
            || (pads[0] > 0 && value.Padding > 0)
        )
        {
            throw Refusal("a convolution has square strides, equal padding on four sides, no dilation, and weights for its channels");
        }

        ImportedValue padded = pads[0] > 0 ? value with { Padding = (int)pads[0], PaddingNumber = 0 } : value;
        return Layer(node, padded, weights.Values, outputs, height, width, (int)strides[0], (int)groups);
    }

    private ImportedValue Layer(
        OnnxNode node,
        ImportedValue value,
        double[] weights,
        int outputs,
        int height,
        int width,
        int stride,
        int groups
    )
    {
        Affine affine = value.Affines[0];
        if (value.IsRectified || value.Info.Kind == ElementKind.Integers || value.Affines.Any(a => a != affine))
        {
            throw Refusal("it must read pixels or quantized activations of one scale");
        }

        if (outputs < 1 || weights.Length == 0)
        {
            throw Refusal("it has no weights");
        }

        // Outside the input a packed model has code 0, or the sign -1.
        double outside = affine.At(value.Info.Kind == ElementKind.Signs ? -1 : 0);
        if (value.Padding > 0 && value.PaddingNumber != outside)
        {
            throw Refusal($"its padding is {value.PaddingNumber}, and must be {outside}, the lowest level of what it reads");
        }

        int fanIn = weights.Length / outputs;
        double[] steps = new double[outputs],
            sums = new double[outputs];
        int[] codes = new int[weights.Length];
        bool isBinary = true;
        for (int o = 0; o < outputs; o++)
        {
            ReadOnlySpan<double> row = weights.AsSpan(o * fanIn, fanIn);
            isBinary &= Codes(row, codes.AsSpan(o * fanIn, fanIn), out steps[o]);
            foreach (int code in codes.AsSpan(o * fanIn, fanIn))
            {
                sums[o] += code;
            }
        }

        bool isTernary = codes.All(c => Math.Abs(c) <= 1);
        Affine[] affines =
        [
            .. steps.Select((s, o) => new Affine(s * affine.Factor, 0, s * affine.At(0) * sums[o] + Bias(node, o, outputs))),
        ];
        int Plane(Func<int, bool> isPositive) =>
            _model.Append(new Linear(value.Index, outputs, height, width, stride, value.Padding, groups, Packed(codes, isPositive)));
        if (isBinary)
        {
            return New(Plane(c => c > 0), affines, value.IsFlat);
        }

        // Of signs: ternary codes are (b1 + b0) / 2; codes from -2 to 1 are (2 b1 + b0 - 1) / 2.
        int[] planes = isTernary
                ? [Plane(c => c > 0), Plane(c => c >= 0)]
                : [Plane(c => c >= 0), Plane(c => (c & 1) == 1), Plane(_ => true)],
            factors = isTernary ? [1, 1] : [2, 1, -1];
        int[] multipliers = [.. factors.SelectMany(f => Enumerable.Repeat(f, outputs))];
        int sum = _model.Append(new WeightedSum(planes, multipliers));
        return New(sum, [.. affines.Select(a => new Affine(a.Factor / 2, 0, a.Offset))], value.IsFlat);
    }

    /// <summary>Weights as whole multiples of their smallest size, -2 to 1. Says whether all are -1 or +1.</summary>
    private static bool Codes(ReadOnlySpan<double> weights, Span<int> codes, out double step)
    {
        step = double.PositiveInfinity;
        foreach (double weight in weights)
        {
            step = weight == 0 ? step : Math.Min(step, Math.Abs(weight));
        }

        step = double.IsInfinity(step) ? 1 : step;
        int lowest = 0,
            highest = 0;
        bool isBinary = true;
        for (int i = 0; i < codes.Length; i++)
        {
            double code = Math.Round(weights[i] / step);
            if (Math.Abs(code) > 2 || Math.Abs(code * step - weights[i]) > step * 1e-6)
            {
                throw Refusal("its weights have more than two bits; quantize them with BipolarQuant or Quant");
            }

            codes[i] = (int)code;
            (lowest, highest) = (Math.Min(lowest, codes[i]), Math.Max(highest, codes[i]));
            isBinary &= Math.Abs(codes[i]) == 1;
        }

        if (highest == 2)
        {
            // The other way round.
            step = lowest >= -1 ? -step : throw Refusal("its weights have more than four levels");
            foreach (ref int code in codes)
            {
                code = -code;
            }
        }

        return isBinary;
    }

    private static byte[] Packed(int[] codes, Func<int, bool> isPositive)
    {
        byte[] bits = new byte[(codes.Length + 7) / 8];
        for (int i = 0; i < codes.Length; i++)
        {
            bits[i / 8] |= (byte)((isPositive(codes[i]) ? 1 : 0) << (i % 8));
        }

        return bits;
    }

    private double Bias(OnnxNode node, int output, int outputs)
    {
        if (node.Inputs.Count < 3)
        {
            return 0;
        }

        double[] bias = Constant(node, 2).Values;
        return bias.Length == outputs ? bias[output] : throw Refusal($"it needs one bias for each of {outputs} outputs");
    }

    private ImportedValue Padded(OnnxNode node)
    {
        double[] pads = node.Inputs.Count > 1 ? Constant(node, 1).Values : [.. Attributes(node, "pads").Select(p => (double)p)];
        double number = node.Inputs.Count > 2 ? Number(node, 2) : node.Attributes.GetValueOrDefault("value", 0.0) as double? ?? 0;
        ImportedValue value = Plain(Value(node, 0));
        return
            pads is [0, 0, double p, double a, 0, 0, double b, double c]
            && p == a
            && p == b
            && p == c
            && p >= 0
            && p <= ModelLimits.MaxValueElements
            && node.Attributes.GetValueOrDefault("mode", "constant") is "constant"
            ? value with
            {
                Padding = (int)p,
                PaddingNumber = number,
            }
            : throw Refusal("padding is constant and equal on four sides");
    }

    private ImportedValue Pooled(OnnxNode node)
    {
        (ImportedValue value, int size, int stride) = Windows(node);
        if (value.Affines.Any(a => a.Factor <= 0))
        {
            throw Refusal("a channel has a negative factor; pool before the batch normalization, or after the quantization");
        }

        return value with
        {
            Index = _model.Append(new MaxPool(value.Index, size, stride)),
            Info = _model.Values[^1],
        };
    }

    private ImportedValue Averaged(OnnxNode node)
    {
        (ImportedValue value, int size, int stride) =
            node.Operation == "AveragePool" ? Windows(node)
            : Value(node, 0) is { IsFlat: false, Padding: 0 } all && all.Info.Height == all.Info.Width ? (all, all.Info.Height, 1)
            : throw Refusal("the mean is of a square");
        double count = (double)size * size;
        int index = _model.Append(new SumPool(Plain(value).Index, size, stride));
        return New(index, [.. value.Affines.Select(a => new Affine(a.Factor / count, a.Mean * count, a.Offset))], isFlat: false);
    }

    /// <summary>The value, size and stride of a node that pools.</summary>
    private (ImportedValue Value, int Size, int Stride) Windows(OnnxNode node)
    {
        ImportedValue value = Value(node, 0);
        long[] size = Attributes(node, "kernel_shape"),
            strides = Attributes(node, "strides", 1, 1);
        return
            !value.IsFlat
            && value.Padding == 0
            && size.Length == 2
            && size[0] == size[1]
            && strides.Length == 2
            && strides[0] == strides[1]
            && size[0] is >= 1 and <= ModelLimits.MaxValueElements
            && strides[0] is >= 1 and <= ModelLimits.MaxValueElements
            && Attributes(node, "pads", 0).All(p => p == 0)
            && Attributes(node, "dilations", 1).All(d => d == 1)
            && Attribute(node, "ceil_mode", 0) == 0
            ? (value, (int)size[0], (int)strides[0])
            : throw Refusal("pooling has a square window and stride, no padding, and drops incomplete windows");
    }
}
