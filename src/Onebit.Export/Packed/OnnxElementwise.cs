namespace Onebit.Export;

/// <summary>Operations whose output element reads one element of each input.</summary>
internal static class OnnxElementwise
{
    internal static string Write(IntegerGraph graph, Threshold operation)
    {
        OnnxGraph onnx = graph.Onnx;
        string reached = onnx.Node("GreaterOrEqual", [graph.Integers(operation.Input), graph.PerChannel(operation.Thresholds.Span)]);
        return graph.Bytes(onnx.Node("Xor", [reached, graph.PerChannel(operation.Flipped.Span)]));
    }

    internal static string Write(IntegerGraph graph, Requantize operation) =>
        Clamped(
            graph,
            graph.Affine(operation.Input, operation.Multipliers.Span, operation.Offsets.Span),
            operation.Shift,
            operation.OutputBits == 8 ? (0, 255) : (-32_768, 32_767)
        );

    internal static string Write(IntegerGraph graph, PiecewiseLinear operation)
    {
        string isHigh = graph.Onnx.Node("GreaterOrEqual", [graph.Integers(operation.Input), graph.PerChannel(operation.Breaks.Span)]),
            high = graph.Affine(operation.Input, operation.HighMultipliers.Span, operation.HighOffsets.Span),
            low = graph.Affine(operation.Input, operation.LowMultipliers.Span, operation.LowOffsets.Span);
        return Clamped(graph, graph.Onnx.Node("Where", [isHigh, high, low]), operation.Shift, (-32_768, 32_767));
    }

    private static string Clamped(IntegerGraph graph, string affine, int shift, (int Lowest, int Highest) range)
    {
        // In float32: rounding moves no number across the ends of the range, and none within it. Clip, Min and Max of ONNX Runtime 1.31 see
        // the lower 32 bits of int64 alone.
        OnnxGraph onnx = graph.Onnx;
        string[] clip =
        [
            graph.Cast<float>(graph.ShiftRight(affine, shift)),
            onnx.Constant((float)range.Lowest),
            onnx.Constant((float)range.Highest),
        ];
        return graph.InForm(onnx.Node("Clip", clip));
    }

    internal static string Write(IntegerGraph graph, Quantize operation)
    {
        OnnxGraph onnx = graph.Onnx;
        ValueInfo x = graph.Next;
        int levels = (1 << operation.Bits) - 1;
        string thresholds = onnx.Constant([x.Channels, levels, 1], operation.Thresholds.Span),
            elements = graph.Reshape(graph.Integers(operation.Input), x.Channels, 1, x.Area),
            reached = graph.Cast<int>(onnx.Node("GreaterOrEqual", [elements, thresholds])),
            count = onnx.Node("ReduceSum", [reached, onnx.Constant<long>([1], [2])], [("keepdims", 0)]);
        bool[] flipped = operation.Flipped.ToArray();
        int[] factors = Array.ConvertAll(flipped, f => f ? -1 : 1),
            offsets = Array.ConvertAll(flipped, f => f ? levels : 0);
        string code = onnx.Node("Mul", [graph.InShape(count), graph.PerChannel<int>(factors)]);
        return graph.Bytes(onnx.Node("Add", [code, graph.PerChannel<int>(offsets)]));
    }

    internal static string Write(IntegerGraph graph, Scores operation)
    {
        string scores = graph.Affine(operation.Input, operation.Multipliers.Span, operation.Offsets.Span);
        return graph.Onnx.Node("Flatten", [scores], output: OnnxExporter.Scores);
    }

    internal static string Write(IntegerGraph graph, Add operation) =>
        graph.Onnx.Node("Add", [graph.Integers(operation.Input), graph.Integers(operation.Other)]);

    internal static string Write(IntegerGraph graph, WeightedSum operation)
    {
        OnnxGraph onnx = graph.Onnx;
        int channels = graph.Next.Channels;
        string total = "";
        for (int t = 0; t < operation.Inputs.Length; t++)
        {
            // The terms alone may leave 32 bits.
            int value = operation.Inputs.Span[t],
                own = graph.Info(value).Channels;
            string multipliers = onnx.Constant([own, channels / own, 1], operation.Multipliers.Span.Slice(t * channels, channels)),
                product = onnx.Node("Mul", [graph.Reshape(graph.Longs(value), own, 1, -1), graph.Cast<long>(multipliers)]),
                term = graph.InShape(product);
            total = t == 0 ? term : onnx.Node("Add", [total, term]);
        }

        return graph.Cast<int>(total);
    }

    internal static string Write(IntegerGraph graph, BitPlane operation)
    {
        OnnxGraph onnx = graph.Onnx;
        string high = onnx.Node("Div", [graph.Integers(operation.Input), onnx.Constant(1 << operation.Bit)]);
        return graph.Bytes(onnx.Node("Mod", [high, onnx.Constant(2)]));
    }

    internal static string Write(IntegerGraph graph, Lookup operation) =>
        graph.Onnx.Node("Gather", [graph.Onnx.Constant([operation.Table.Length], operation.Table.Span), graph.Integers(operation.Input)]);

    internal static string Write(IntegerGraph graph, PositionalEmbedding operation)
    {
        OnnxGraph onnx = graph.Onnx;
        ValueInfo x = graph.Next;
        var signs = new sbyte[x.Count];
        for (int i = 0; i < signs.Length; i++)
        {
            signs[i] = (sbyte)((operation.Signs.Span[i / 8] >> (i % 8) & 1) == 1 ? 1 : -1);
        }

        string constant = graph.Cast<int>(onnx.Constant<sbyte>([x.Channels, x.Height, x.Width], signs));
        string added = onnx.Node("Mul", [constant, graph.PerChannel(operation.Multipliers.Span)]);
        return onnx.Node("Add", [graph.Integers(operation.Input), added]);
    }

    internal static string Write(IntegerGraph graph, AddEmbedding operation)
    {
        OnnxGraph onnx = graph.Onnx;
        int channels = graph.Next.Channels,
            rows = operation.Table.Length / channels;
        string index = onnx.Node(
                "Gather",
                [graph.Reshape(graph.Integers(operation.Index), -1), onnx.Constant((long)operation.Element)],
                [("axis", 1)]
            ),
            row = onnx.Node("Clip", [index, onnx.Constant(0), onnx.Constant(rows - 1)]),
            numbers = onnx.Node("Gather", [onnx.Constant([rows, channels], operation.Table.Span), row]);
        return onnx.Node("Add", [graph.Integers(operation.Input), graph.Reshape(numbers, channels, 1, 1)]);
    }
}
