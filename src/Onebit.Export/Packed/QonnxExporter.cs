namespace Onebit.Export;

/// <summary>
/// A packed model as a QONNX model (Pappalardo et al. 2022), as Brevitas and FINN use it: float32 with nodes <c>BipolarQuant</c> and
/// <c>Quant</c>. It reads pixels of 0 to 1, images x channels x height x width, and gives logits, images x classes.
/// </summary>
public static class QonnxExporter
{
    private const string Domain = "qonnx.custom_op.general";
    private const int PixelRange = 255;

    /// <summary>The ONNX file.</summary>
    /// <param name="model">A chain of layers of signs: Linear, Threshold, MaxPool and Scores.</param>
    /// <exception cref="InvalidDataException">It holds another operation; the message names it.</exception>
    public static byte[] Write(BitModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var onnx = new OnnxGraph();
        var values = new List<(string Name, bool IsFlat)> { (Pixels(onnx, model.Input), false) };
        foreach (Operation operation in model.Operations)
        {
            (string Name, bool IsFlat) x = values[operation.Inputs.Span[0]];
            values.Add(
                operation switch
                {
                    Linear layer => Layer(onnx, layer, x.Name, model.Values[layer.Input], layer.Input == 0 && model.Input.Bits == 8),
                    Threshold t => (Signs(onnx, t, x, model.Values[t.Input]), x.IsFlat),
                    MaxPool pool => (onnx.Node("MaxPool", [x.Name], OnnxAttributes.Pool(pool.Size, pool.Stride)), x.IsFlat),
                    Scores scores => (Logits(onnx, scores, x.IsFlat ? x.Name : onnx.Node("Flatten", [x.Name])), true),
                    _ => throw new InvalidDataException(
                        $"QONNX is written for Linear, Threshold, MaxPool and Scores alone; the model has {operation.Label}."
                    ),
                }
            );
        }

        onnx.Output<float>("logits", model.ClassCount);
        return onnx.ToModel<float>(OnnxExporter.Input, model.Input.Shape, "onebit");
    }

    private static string Pixels(OnnxGraph onnx, ModelInput input)
    {
        bool isByte = input.Bits == 8;
        string pixels = OnnxExporter.Input;
        if (!isByte)
        {
            // 1 at the threshold and 0 below it, and what lies beyond is clamped.
            pixels = onnx.Node("Mul", [pixels, onnx.Constant((float)PixelRange)]);
            pixels = onnx.Node("Add", [pixels, onnx.Constant(1f - input.PixelThreshold)]);
        }

        string[] inputs = [pixels, onnx.Constant(isByte ? 1f / PixelRange : 1f), onnx.Constant(0f), onnx.Constant((float)input.Bits)];
        return onnx.Node("Quant", inputs, [("signed", 0), ("narrow", 0), ("rounding_mode", "ROUND")], Domain);
    }

    private static (string Name, bool IsFlat) Layer(OnnxGraph onnx, Linear layer, string input, ValueInfo x, bool readsPixels)
    {
        bool isDense = layer is { Groups: 1, Padding: 0 } && (layer.KernelHeight, layer.KernelWidth) == (x.Height, x.Width);
        int channels = x.Channels / layer.Groups,
            fanIn = channels * layer.KernelHeight * layer.KernelWidth;
        float[] weights = new float[layer.Outputs * fanIn];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (layer.Weights.Span[i / 8] >> (i % 8) & 1) == 1 ? 1 : -1;
        }

        int[] shape = isDense ? [layer.Outputs, fanIn] : [layer.Outputs, channels, layer.KernelHeight, layer.KernelWidth];
        string signs = onnx.Node("BipolarQuant", [onnx.Constant<float>(shape, weights), onnx.Constant(1f)], domain: Domain),
            sums;
        if (isDense)
        {
            sums = onnx.Node("MatMul", [onnx.Node("Flatten", [input]), onnx.Transpose(signs, 1, 0)]);
        }
        else
        {
            long padding = layer.Padding;
            if (padding > 0)
            {
                long[] sides = [0, 0, padding, padding, 0, 0, padding, padding];
                float outside = x.Kind == ElementKind.Signs ? -1 : 0;
                input = onnx.Node("Pad", [input, onnx.Constant<long>([8], sides), onnx.Constant(outside)]);
            }

            sums = onnx.Node(
                "Conv",
                [input, signs],
                [
                    ("kernel_shape", new[] { layer.KernelHeight, layer.KernelWidth }),
                    ("strides", new[] { layer.Stride, layer.Stride }),
                    ("group", layer.Groups),
                ]
            );
        }

        return (readsPixels ? onnx.Node("Mul", [sums, onnx.Constant((float)PixelRange)]) : sums, isDense);
    }

    private static string Signs(OnnxGraph onnx, Threshold operation, (string Name, bool IsFlat) x, ValueInfo info)
    {
        int channels = info.Channels;
        int[] shape = x.IsFlat ? [channels] : [channels, 1, 1];
        float[] factors = new float[channels],
            offsets = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            // Half below the threshold, where no integer is.
            double threshold = Math.Clamp(operation.Thresholds.Span[c], (long)info.Minimum, info.Maximum + 1L) - 0.5;
            factors[c] = operation.Flipped.Span[c] ? -1 : 1;
            offsets[c] = (float)(-factors[c] * threshold);
        }

        string scaled = onnx.Node("Mul", [x.Name, onnx.Constant<float>(shape, factors)]),
            moved = onnx.Node("Add", [scaled, onnx.Constant<float>(shape, offsets)]);
        return onnx.Node("BipolarQuant", [moved, onnx.Constant(1f)], domain: Domain);
    }

    private static string Logits(OnnxGraph onnx, Scores scores, string sums)
    {
        // An offset may have more bits than a float: it is added in two parts.
        int[] shape = [scores.Multipliers.Length];
        float[] high = Array.ConvertAll(scores.Offsets.ToArray(), o => (float)o),
            low = [.. scores.Offsets.ToArray().Select((o, c) => (float)(o - (double)high[c]))];
        string product = onnx.Node(
                "Mul",
                [sums, onnx.Constant<float>(shape, Array.ConvertAll(scores.Multipliers.ToArray(), m => (float)m))]
            ),
            moved = onnx.Node("Add", [onnx.Node("Add", [product, onnx.Constant<float>(shape, high)]), onnx.Constant<float>(shape, low)]);
        return onnx.Node("Mul", [moved, onnx.Constant((float)Math.ScaleB(1, -scores.Shift))], output: "logits");
    }
}
