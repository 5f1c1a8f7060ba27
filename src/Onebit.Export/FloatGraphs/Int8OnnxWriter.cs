namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatGraph"/> quantized to 8 bits as an ONNX model for ONNX Runtime: reads <c>pixels</c>, images x
/// channels x height x width of uint8, and gives logits of float32, images x classes. Weights are int8 with one scale a
/// layer, activations uint8 with the scale fixed by the size that the graph's random weights give them; a ReLU costs
/// nothing where the layer before it can clamp. A node without a form of its own here runs in float32.
/// </summary>
public static class Int8OnnxWriter
{
    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatGraph graph)
    {
        var writer = new Writer(graph);
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            writer.Append(graph.Nodes[i], i + 1);
        }

        return writer.ToModel();
    }

    private sealed class Writer(FloatGraph graph)
    {
        // uint8 times int8 in pairs must fit 16 bits on processors without VNNI, so weights keep 7 bits.
        private const float LargestWeight = 63;

        // The graph's values are seldom above 4.
        private const float Range = 4;

        private readonly OnnxValues _values = new(new OnnxGraph());
        private readonly List<(float Scale, byte Zero)> _codes = [(1f / 255, 0)];

        private OnnxGraph Onnx => _values.Model;

        internal byte[] ToModel()
        {
            Onnx.Output<float>(Dequantized(_values.Flat(graph.Output), graph.Output), graph.OutputCount);
            return Onnx.ToModel<byte>(FloatOnnxWriter.Input, graph.Values[0], FloatOnnxWriter.GraphName);
        }

        internal void Append(FloatNode node, int value)
        {
            // Without values below zero all 8 bits hold those above.
            (float Scale, byte Zero) to = IsClamped(value) ? (Range / 255, (byte)0) : (2 * Range / 255, (byte)128),
                from = _codes[node.Input];
            switch (node)
            {
                case FloatNode.Linear l:
                    Append(l, from, to);
                    break;
                case FloatNode.MaxPool:
                    node.Write(_values);
                    to = from;
                    break;
                case FloatNode.AveragePool p:
                    string[] pooled = [_values.Spatial(p.Input), .. Constants(from), .. Constants(to)];
                    _values.Add(Onnx.Node("QLinearAveragePool", pooled, OnnxAttributes.Pool(p.Size, p.Stride), OnnxGraph.Microsoft));
                    break;
                case FloatNode.Add a:
                    (string[] terms, bool flat) = _values.Alike(a.Inputs);
                    string[] added = [terms[0], .. Constants(from), terms[1], .. Constants(_codes[a.Other]), .. Constants(to)];
                    _values.Add(Onnx.Node("QLinearAdd", added, domain: OnnxGraph.Microsoft), flat);
                    break;
                case FloatNode.Relu:
                    (string[] names, bool isFlat) = _values.Alike(node.Inputs);
                    _values.Add(from.Zero == 0 ? names[0] : Onnx.Node("Max", [names[0], Onnx.Constant(from.Zero)]), isFlat);
                    to = from;
                    break;
                default:
                    OnnxValues floats = _values.Renamed(node.Inputs, Dequantized);
                    node.Write(floats);
                    (string result, bool isResultFlat) = floats.Last;
                    _values.Add(Onnx.Node("QuantizeLinear", [result, .. Constants(to)]), isResultFlat);
                    break;
            }

            _codes.Add(to);
        }

        private void Append(FloatNode.Linear l, (float Scale, byte Zero) from, (float Scale, byte Zero) to)
        {
            float scale = 0;
            foreach (float weight in l.Weights.Span)
            {
                scale = Math.Max(scale, Math.Abs(weight) / LargestWeight);
            }

            sbyte[] weights = [.. l.Weights.ToArray().Select(w => (sbyte)MathF.Round(w / scale))];
            int[] shape = l.IsDense ? [l.Outputs, l.FanIn] : [l.Outputs, l.GroupChannels, l.KernelHeight, l.KernelWidth];
            string[] quantized = [Onnx.Constant<sbyte>(shape, weights), Onnx.Constant(scale), Onnx.Constant<sbyte>(0)];
            string bias = Onnx.Constant<int>([l.Outputs], [.. l.Bias.ToArray().Select(b => (int)MathF.Round(b / scale / from.Scale))]);
            if (l.IsDense)
            {
                string[] inputs = [_values.Flat(l.Input), .. Constants(from), .. quantized, bias, .. Constants(to)];
                _values.Add(Onnx.Node("QGemm", inputs, [("transB", 1)], OnnxGraph.Microsoft), isFlat: true);
            }
            else
            {
                string[] inputs = [_values.Spatial(l.Input), .. Constants(from), .. quantized, .. Constants(to), bias];
                _values.Add(Onnx.Node("QLinearConv", inputs, OnnxAttributes.Of(l)));
            }
        }

        private string[] Constants((float Scale, byte Zero) codes) => [Onnx.Constant(codes.Scale), Onnx.Constant(codes.Zero)];

        private string Dequantized(string name, int value) => Onnx.Node("DequantizeLinear", [name, .. Constants(_codes[value])]);

        /// <summary>Nothing but ReLUs read the value, through max-pooling perhaps.</summary>
        private bool IsClamped(int value)
        {
            int[] readers = [.. Enumerable.Range(0, graph.Nodes.Count).Where(i => graph.Nodes[i].Inputs.Contains(value))];
            return value != graph.Output
                && readers.Length > 0
                && readers.All(i => graph.Nodes[i] is FloatNode.Relu || graph.Nodes[i] is FloatNode.MaxPool && IsClamped(i + 1));
        }
    }
}
