namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatTwin"/> quantized to 8 bits as an ONNX model for ONNX Runtime: reads <c>pixels</c>, images x
/// channels x height x width of uint8, and gives logits of float32, images x classes. Weights are int8 with one scale a
/// layer, activations uint8 with the scale fixed by the size that the twin's random weights give them; a ReLU costs
/// nothing where the layer before it can clamp.
/// </summary>
public static class Int8OnnxWriter
{
    // uint8 times int8 in pairs must fit 16 bits on processors without VNNI, so weights keep 7 bits.
    private const float LargestWeight = 63;

    // The twin's values are seldom above 4.
    private const float Range = 4;

    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatTwin twin)
    {
        var graph = new OnnxGraph();
        var values = new List<Value> { new(FloatOnnxWriter.Input, false, 1f / 255, 0) };
        string Flat(int value) => values[value].Flat ? values[value].Name : graph.Node("Flatten", [values[value].Name]);
        string Spatial(int value) =>
            values[value].Flat ? graph.Node("Unsqueeze", [values[value].Name, graph.Constant<long>([2], [2, 3])]) : values[value].Name;
        for (int i = 0; i < twin.Layers.Count; i++)
        {
            FloatLayer layer = twin.Layers[i];
            Value x = values[layer.Input];
            // Without values below zero all 8 bits hold those above.
            (float scale, byte zero) = IsClamped(twin, i + 1) ? (Range / 255, (byte)0) : (2 * Range / 255, (byte)128);
            string[] From() => [graph.Constant(x.Scale), graph.Constant(x.Zero)];
            string[] To() => [graph.Constant(scale), graph.Constant(zero)];
            values.Add(
                layer switch
                {
                    FloatLayer.Linear l => Linear(l, x, From(), To()) with { Scale = scale, Zero = zero },
                    FloatLayer.MaxPool p => x with
                    {
                        Name = graph.Node("MaxPool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)),
                        Flat = false,
                    },
                    FloatLayer.AveragePool p => new Value(
                        graph.Node(
                            "QLinearAveragePool",
                            [Spatial(p.Input), .. From(), .. To()],
                            OnnxAttributes.Pool(p.Size, p.Stride),
                            OnnxGraph.Microsoft
                        ),
                        false,
                        scale,
                        zero
                    ),
                    FloatLayer.Add a => Sum(a, From(), To()) with { Scale = scale, Zero = zero },
                    FloatLayer.Relu => x.Zero == 0 ? x : x with { Name = graph.Node("Max", [x.Name, graph.Constant(x.Zero)]) },
                    _ => throw new NotSupportedException($"ONNX has no {layer.GetType().Name} of 8 bits."),
                }
            );
        }
        Value last = values[twin.Logits];
        string logits = graph.Node("DequantizeLinear", [Flat(twin.Logits), graph.Constant(last.Scale), graph.Constant(last.Zero)]);
        return graph.ToModel<byte>(FloatOnnxWriter.Input, twin.Values[0], logits, twin.ClassCount);

        Value Linear(FloatLayer.Linear l, Value x, string[] from, string[] to)
        {
            int channels = twin.Values[l.Input].Channels / l.Groups,
                fanIn = channels * l.KernelHeight * l.KernelWidth;
            float scale = 0;
            foreach (float weight in l.Weights.Span)
            {
                scale = Math.Max(scale, Math.Abs(weight) / LargestWeight);
            }

            sbyte[] weights = [.. l.Weights.ToArray().Select(w => (sbyte)MathF.Round(w / scale))];
            int[] bias = [.. l.Bias.ToArray().Select(b => (int)MathF.Round(b / scale / x.Scale))];
            string[] quantization = [graph.Constant(scale), graph.Constant<sbyte>(0)];
            return l.IsDense
                ? new Value(
                    graph.Node(
                        "QGemm",
                        [
                            Flat(l.Input),
                            .. from,
                            graph.Constant<sbyte>([l.Outputs, fanIn], weights),
                            .. quantization,
                            graph.Constant<int>([l.Outputs], bias),
                            .. to,
                        ],
                        [("transB", 1)],
                        OnnxGraph.Microsoft
                    ),
                    true,
                    0,
                    0
                )
                : new Value(
                    graph.Node(
                        "QLinearConv",
                        [
                            Spatial(l.Input),
                            .. from,
                            graph.Constant<sbyte>([l.Outputs, channels, l.KernelHeight, l.KernelWidth], weights),
                            .. quantization,
                            .. to,
                            graph.Constant<int>([l.Outputs], bias),
                        ],
                        OnnxAttributes.Of(l)
                    ),
                    false,
                    0,
                    0
                );
        }

        Value Sum(FloatLayer.Add a, string[] from, string[] to)
        {
            Value other = values[a.Other];
            bool flat = values[a.Input].Flat || other.Flat;
            string Operand(int value) => flat ? Flat(value) : values[value].Name;
            return new Value(
                graph.Node(
                    "QLinearAdd",
                    [Operand(a.Input), .. from, Operand(a.Other), graph.Constant(other.Scale), graph.Constant(other.Zero), .. to],
                    domain: OnnxGraph.Microsoft
                ),
                flat,
                0,
                0
            );
        }
    }

    /// <summary>Nothing but ReLUs read the value, through max-pooling perhaps.</summary>
    private static bool IsClamped(FloatTwin twin, int value)
    {
        int[] readers =
        [
            .. Enumerable
                .Range(0, twin.Layers.Count)
                .Where(i => twin.Layers[i].Input == value || twin.Layers[i] is FloatLayer.Add add && add.Other == value),
        ];
        return value != twin.Logits
            && readers.Length > 0
            && readers.All(i => twin.Layers[i] is FloatLayer.Relu || twin.Layers[i] is FloatLayer.MaxPool && IsClamped(twin, i + 1));
    }

    private readonly record struct Value(string Name, bool Flat, float Scale, byte Zero);
}
