namespace Onebit.Export;

/// <summary>Operations that move elements, or read windows of them.</summary>
internal static class OnnxSpatial
{
    internal static string Write(IntegerGraph graph, MaxPool operation)
    {
        string Pool(string input) => graph.Onnx.Node("MaxPool", [input], OnnxAttributes.Pool(operation.Size, operation.Stride));
        ValueInfo x = graph.Info(operation.Input);
        string value = graph.Value(operation.Input);
        return IntegerGraph.IsBytes(x)
            ? Pool(value)
            : graph.InFloats(Math.Max(-(long)x.Minimum, x.Maximum), floats => Pool(floats[0]), value);
    }

    internal static string Write(IntegerGraph graph, SumPool operation)
    {
        string rows = Sums(graph, operation, graph.Integers(operation.Input), 2, graph.Next.Height);
        return graph.InForm(Sums(graph, operation, rows, 3, graph.Next.Width));
    }

    /// <summary>The sums along one axis. Integers have no pooling of sums in ONNX, so rows or columns are added one by one.</summary>
    private static string Sums(IntegerGraph graph, SumPool operation, string input, long axis, int outputs)
    {
        OnnxGraph onnx = graph.Onnx;
        string total = "";
        for (int i = 0; i < operation.Size; i++)
        {
            long end = i + (long)(outputs - 1) * operation.Stride + 1;
            string[] slice =
            [
                input,
                onnx.Constant<long>([1], [i]),
                onnx.Constant<long>([1], [end]),
                onnx.Constant<long>([1], [axis]),
                onnx.Constant<long>([1], [operation.Stride]),
            ];
            string part = onnx.Node("Slice", slice);
            total = i == 0 ? part : onnx.Node("Add", [total, part]);
        }

        return total;
    }

    internal static string Write(IntegerGraph graph, Upsample operation)
    {
        ValueInfo x = graph.Info(operation.Input);
        string[] expanded =
        [
            graph.Reshape(graph.Value(operation.Input), x.Channels, x.Height, 1, x.Width, 1),
            graph.Onnx.Constant<long>([6], [1, 1, 1, 2, 1, 2]),
        ];
        return graph.InShape(graph.Onnx.Node("Expand", expanded));
    }

    internal static string Write(IntegerGraph graph, Concat operation)
    {
        int[] values = operation.Inputs.ToArray();
        // Codes of some inputs may take a byte where those of others do not.
        return graph.Onnx.Node(
            "Concat",
            Array.ConvertAll(values, v => IntegerGraph.IsBytes(graph.Next) ? graph.Value(v) : graph.Integers(v)),
            [("axis", 1)]
        );
    }

    internal static string Write(IntegerGraph graph, Slice operation)
    {
        OnnxGraph onnx = graph.Onnx;
        string[] slice =
        [
            graph.Reshape(graph.Value(operation.Input), -1),
            onnx.Constant<long>([1], [operation.Start]),
            onnx.Constant<long>([1], [(long)operation.Start + operation.Shape.Count]),
            onnx.Constant<long>([1], [1]),
        ];
        return graph.InShape(onnx.Node("Slice", slice));
    }
}
