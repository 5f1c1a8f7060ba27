namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatGraph"/> quantized to 8 bits as an ONNX model for ONNX Runtime: reads <c>pixels</c>, images x
/// channels x height x width of uint8, and gives logits of float32, images x classes. Weights are int8 with one scale a
/// layer, activations uint8 with the scale fixed by the size that the graph's random weights give them; a ReLU costs
/// nothing where the layer before it can clamp.
/// </summary>
public static class Int8OnnxWriter
{
    // uint8 times int8 in pairs must fit 16 bits on processors without VNNI, so weights keep 7 bits.
    private const float LargestWeight = 63;

    // The graph's values are seldom above 4.
    private const float Range = 4;

    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatGraph graph)
    {
        var onnx = new OnnxGraph();
        var values = new List<Value> { new(FloatOnnxWriter.Input, false, 1f / 255, 0) };
        string Flat(int value) => values[value].Flat ? values[value].Name : onnx.Node("Flatten", [values[value].Name]);
        string Spatial(int value) =>
            values[value].Flat ? onnx.Node("Unsqueeze", [values[value].Name, onnx.Constant<long>([2], [2, 3])]) : values[value].Name;
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            FloatNode node = graph.Nodes[i];
            Value x = values[node.Input];
            // Without values below zero all 8 bits hold those above.
            (float scale, byte zero) = IsClamped(graph, i + 1) ? (Range / 255, (byte)0) : (2 * Range / 255, (byte)128);
            string[] From() => [onnx.Constant(x.Scale), onnx.Constant(x.Zero)];
            string[] To() => [onnx.Constant(scale), onnx.Constant(zero)];
            values.Add(
                node switch
                {
                    FloatNode.Linear l => Linear(l, x, From(), To()) with { Scale = scale, Zero = zero },
                    FloatNode.MaxPool p => x with
                    {
                        Name = onnx.Node("MaxPool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)),
                        Flat = false,
                    },
                    FloatNode.AveragePool p => new Value(
                        onnx.Node(
                            "QLinearAveragePool",
                            [Spatial(p.Input), .. From(), .. To()],
                            OnnxAttributes.Pool(p.Size, p.Stride),
                            OnnxGraph.Microsoft
                        ),
                        false,
                        scale,
                        zero
                    ),
                    FloatNode.Add a => Sum(a, From(), To()) with { Scale = scale, Zero = zero },
                    FloatNode.Relu => x.Zero == 0 ? x : x with { Name = onnx.Node("Max", [x.Name, onnx.Constant(x.Zero)]) },
                    _ => throw new NotSupportedException($"ONNX has no {node.GetType().Name} of 8 bits."),
                }
            );
        }
        Value last = values[graph.Logits];
        string logits = onnx.Node("DequantizeLinear", [Flat(graph.Logits), onnx.Constant(last.Scale), onnx.Constant(last.Zero)]);
        return onnx.ToModel<byte>(FloatOnnxWriter.Input, graph.Values[0], logits, graph.ClassCount);

        Value Linear(FloatNode.Linear l, Value x, string[] from, string[] to)
        {
            int channels = graph.Values[l.Input].Channels / l.Groups,
                fanIn = channels * l.KernelHeight * l.KernelWidth;
            float scale = 0;
            foreach (float weight in l.Weights.Span)
            {
                scale = Math.Max(scale, Math.Abs(weight) / LargestWeight);
            }

            sbyte[] weights = [.. l.Weights.ToArray().Select(w => (sbyte)MathF.Round(w / scale))];
            int[] bias = [.. l.Bias.ToArray().Select(b => (int)MathF.Round(b / scale / x.Scale))];
            string[] quantization = [onnx.Constant(scale), onnx.Constant<sbyte>(0)];
            return l.IsDense
                ? new Value(
                    onnx.Node(
                        "QGemm",
                        [
                            Flat(l.Input),
                            .. from,
                            onnx.Constant<sbyte>([l.Outputs, fanIn], weights),
                            .. quantization,
                            onnx.Constant<int>([l.Outputs], bias),
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
                    onnx.Node(
                        "QLinearConv",
                        [
                            Spatial(l.Input),
                            .. from,
                            onnx.Constant<sbyte>([l.Outputs, channels, l.KernelHeight, l.KernelWidth], weights),
                            .. quantization,
                            .. to,
                            onnx.Constant<int>([l.Outputs], bias),
                        ],
                        OnnxAttributes.Of(l)
                    ),
                    false,
                    0,
                    0
                );
        }

        Value Sum(FloatNode.Add a, string[] from, string[] to)
        {
            Value other = values[a.Other];
            bool flat = values[a.Input].Flat || other.Flat;
            string Operand(int value) => flat ? Flat(value) : values[value].Name;
            return new Value(
                onnx.Node(
                    "QLinearAdd",
                    [Operand(a.Input), .. from, Operand(a.Other), onnx.Constant(other.Scale), onnx.Constant(other.Zero), .. to],
                    domain: OnnxGraph.Microsoft
                ),
                flat,
                0,
                0
            );
        }
    }

    /// <summary>Nothing but ReLUs read the value, through max-pooling perhaps.</summary>
    private static bool IsClamped(FloatGraph graph, int value)
    {
        int[] readers =
        [
            .. Enumerable
                .Range(0, graph.Nodes.Count)
                .Where(i => graph.Nodes[i].Input == value || graph.Nodes[i] is FloatNode.Add add && add.Other == value),
        ];
        return value != graph.Logits
            && readers.Length > 0
            && readers.All(i => graph.Nodes[i] is FloatNode.Relu || graph.Nodes[i] is FloatNode.MaxPool && IsClamped(graph, i + 1));
    }

    private readonly record struct Value(string Name, bool Flat, float Scale, byte Zero);
}
