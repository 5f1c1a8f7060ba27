namespace Onebit.Export;

/// <summary>Layers of one-bit weights: <c>MatMulInteger</c> or <c>ConvInteger</c> of uint8 and int8, summed in int32.</summary>
internal static class OnnxLinear
{
    internal static string Write(IntegerGraph graph, Linear layer)
    {
        OnnxGraph onnx = graph.Onnx;
        ValueInfo x = graph.Info(layer.Input);
        if (IntegerGraph.IsBytes(x) && x.Kind != ElementKind.Signs)
        {
            return Sums(graph, layer, Weights(graph, layer), graph.Value(layer.Input));
        }

        string weights = Weights(graph, layer);
        if (x.Kind == ElementKind.Signs)
        {
            // With signs as 2 b - 1: sum of w (2 b - 1) = 2 (sum of w b) - (sum of w). Outside the input b is 0, the sign -1.
            string twice = onnx.Node("Mul", [Sums(graph, layer, weights, graph.Value(layer.Input)), onnx.Constant(2)]);
            return onnx.Node("Sub", [twice, graph.PerChannel<int>(WeightSums(graph, layer))]);
        }

        // Byte by byte: sum of 256^k (sum of w byte_k).
        string total = "";
        for (int shift = 0; shift < x.Bits; shift += 8)
        {
            string high = graph.ShiftRight(graph.Longs(layer.Input), shift),
                bytes = graph.Bytes(onnx.Node("Mod", [high, onnx.Constant(256L)])),
                part = onnx.Node("Mul", [graph.Cast<long>(Sums(graph, layer, weights, bytes)), onnx.Constant(1L << shift)]);
            total = shift == 0 ? part : onnx.Node("Add", [total, part]);
        }

        return graph.Cast<int>(total);
    }

    private static bool IsDense(IntegerGraph graph, Linear layer)
    {
        ValueInfo x = graph.Info(layer.Input);
        return layer is { Groups: 1, Padding: 0 } && (layer.KernelHeight, layer.KernelWidth) == (x.Height, x.Width);
    }

    private static string Sums(IntegerGraph graph, Linear layer, string weights, string bytes)
    {
        OnnxGraph onnx = graph.Onnx;
        if (IsDense(graph, layer))
        {
            return graph.InShape(onnx.Node("MatMulInteger", [onnx.Node("Flatten", [bytes]), weights]));
        }

        return onnx.Node(
            "ConvInteger",
            [bytes, weights],
            [
                ("kernel_shape", new[] { layer.KernelHeight, layer.KernelWidth }),
                ("strides", new[] { layer.Stride, layer.Stride }),
                ("pads", new[] { layer.Padding, layer.Padding, layer.Padding, layer.Padding }),
                ("group", layer.Groups),
            ]
        );
    }

    /// <summary>Inputs x outputs for a dense layer, else outputs x channels of a group x rows x columns. Layers may share them.</summary>
    private static string Weights(IntegerGraph graph, Linear layer)
    {
        bool isDense = IsDense(graph, layer);
        return graph.Weights(
            layer,
            isDense,
            () =>
            {
                int fanIn = FanIn(graph, layer);
                var weights = new sbyte[layer.Outputs * fanIn];
                for (int i = 0; i < weights.Length; i++)
                {
                    (int output, int input) = (i / fanIn, i % fanIn);
                    weights[isDense ? input * layer.Outputs + output : i] = Weight(layer, i);
                }

                int[] shape = isDense
                    ? [fanIn, layer.Outputs]
                    : [layer.Outputs, graph.Info(layer.Input).Channels / layer.Groups, layer.KernelHeight, layer.KernelWidth];
                return graph.Onnx.Constant<sbyte>(shape, weights);
            }
        );
    }

    private static int[] WeightSums(IntegerGraph graph, Linear layer)
    {
        int fanIn = FanIn(graph, layer);
        var sums = new int[layer.Outputs];
        for (int i = 0; i < sums.Length * fanIn; i++)
        {
            sums[i / fanIn] += Weight(layer, i);
        }

        return sums;
    }

    private static sbyte Weight(Linear layer, int index) => (sbyte)((layer.Weights.Span[index / 8] >> (index % 8) & 1) == 1 ? 1 : -1);

    private static int FanIn(IntegerGraph graph, Linear layer) =>
        graph.Info(layer.Input).Channels / layer.Groups * layer.KernelHeight * layer.KernelWidth;
}
