namespace Onebit.Export;

/// <summary>Attention: products of matrices in floats that hold the integers exactly, all else in int64.</summary>
internal static class OnnxAttention
{
    private static readonly int[] s_lastTwoSwapped = [0, 1, 3, 2],
        s_keys = [2];

    internal static string Write(IntegerGraph graph, AttentionScores operation)
    {
        (ValueInfo q, ValueInfo k) = (graph.Info(operation.Query), graph.Info(operation.Key));
        int depth = q.Channels / operation.Heads;
        long bound = depth * Size(q, operation.QueryZero) * Size(k, operation.KeyZero);
        // Images x heads x keys x channels, times images x heads x channels x queries.
        string keys = graph.Onnx.Node(
                "Transpose",
                [Centred(graph, operation.Key, operation.Heads, operation.KeyZero)],
                [("perm", s_lastTwoSwapped)]
            ),
            queries = Centred(graph, operation.Query, operation.Heads, operation.QueryZero);
        return graph.InShape(Product(graph, bound, keys, queries));
    }

    internal static string Write(IntegerGraph graph, Softmax operation)
    {
        OnnxGraph onnx = graph.Onnx;
        int[] perHead = [operation.Heads, 1, 1];
        string scores = ByHead(graph, graph.Longs(operation.Input), operation.Input, operation.Heads),
            heads = ByHead(graph, graph.Integers(operation.Input), operation.Input, operation.Heads),
            largest = graph.Cast<long>(onnx.Node("ReduceMax", [heads], [("axes", s_keys)])),
            multipliers = graph.Cast<long>(onnx.Constant(perHead, operation.Multipliers.Span)),
            scaled = onnx.Node("Mul", [onnx.Node("Sub", [largest, scores]), multipliers]),
            // In float32, see OnnxElementwise.
            entry = graph.Cast<float>(graph.ShiftRight(scaled, operation.Shift)),
            within = graph.Cast<int>(onnx.Node("Min", [entry, onnx.Constant(operation.Table.Length - 1f)])),
            exponentials = onnx.Node("Gather", [onnx.Constant([operation.Table.Length], operation.Table.Span), within]);
        if (operation.Thresholds.Length == 0)
        {
            return graph.InShape(exponentials);
        }

        string numbers = graph.Cast<long>(exponentials),
            sums = onnx.Node("ReduceSum", [numbers, onnx.Constant<long>([1], [2])]),
            thresholds = graph.Cast<long>(onnx.Constant(perHead, operation.Thresholds.Span)),
            share = onnx.Node("Mul", [numbers, thresholds]),
            least = onnx.Node("Mul", [sums, onnx.Constant(1L << operation.ThresholdShift)]);
        return graph.InShape(graph.Bytes(onnx.Node("GreaterOrEqual", [share, least])));
    }

    internal static string Write(IntegerGraph graph, AttentionSum operation) =>
        graph.InShape(WeightedValues(graph, operation.Weights, operation.Values, operation.Heads));

    internal static string Write(IntegerGraph graph, AttentionMean operation)
    {
        OnnxGraph onnx = graph.Onnx;
        string sums = graph.Cast<long>(WeightedValues(graph, operation.Weights, operation.Values, operation.Heads)),
            weights = ByHead(graph, graph.Longs(operation.Weights), operation.Weights, operation.Heads),
            totals = onnx.Node("ReduceSum", [weights, onnx.Constant<long>([1], [2])]),
            scaled = onnx.Node("Mul", [sums, onnx.Constant(2L << operation.FractionBits)]),
            numerator = onnx.Node("Add", [scaled, totals]),
            // Where the total is 0 so is the numerator: divide by 1.
            isNothing = graph.Cast<long>(onnx.Node("Equal", [totals, onnx.Constant(0L)])),
            denominator = onnx.Node("Add", [onnx.Node("Mul", [totals, onnx.Constant(2L)]), isNothing]);
        return graph.InShape(graph.Cast<int>(graph.FloorDivide(numerator, denominator)));
    }

    /// <summary>Images x heads x channels of a head x queries: values times weights.</summary>
    private static string WeightedValues(IntegerGraph graph, int weights, int values, int heads)
    {
        (ValueInfo p, ValueInfo v) = (graph.Info(weights), graph.Info(values));
        return Product(
            graph,
            v.Area * Size(p, 0) * Size(v, 0),
            ByHead(graph, graph.Integers(values), values, heads),
            ByHead(graph, graph.Integers(weights), weights, heads)
        );
    }

    private static string Product(IntegerGraph graph, long bound, string left, string right) =>
        graph.InFloats(bound, floats => graph.Onnx.Node("MatMul", floats), left, right);

    /// <summary>The largest distance of an element to a zero.</summary>
    private static long Size(ValueInfo x, int zero) => Math.Max(Math.Abs((long)x.Minimum - zero), Math.Abs((long)x.Maximum - zero));

    private static string Centred(IntegerGraph graph, int value, int heads, int zero)
    {
        string elements = graph.Integers(value);
        return ByHead(graph, zero == 0 ? elements : graph.Onnx.Node("Sub", [elements, graph.Onnx.Constant(zero)]), value, heads);
    }

    private static string ByHead(IntegerGraph graph, string name, int value, int heads) =>
        graph.Reshape(name, heads, graph.Info(value).Channels / heads, graph.Info(value).Area);
}
