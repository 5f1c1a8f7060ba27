namespace Onebit.Export;

/// <summary>The ONNX nodes of each operation.</summary>
internal static class OnnxTable
{
    /// <summary>
    /// One row per operation, and no other way. A row writes the operation that gives the graph's next value, and returns the name of that
    /// value in the form of <see cref="IntegerGraph"/>.
    /// </summary>
    public static IReadOnlyDictionary<Type, Func<IntegerGraph, Operation, string>> Writers { get; } =
        new Dictionary<Type, Func<IntegerGraph, Operation, string>>
        {
            [typeof(Linear)] = Row<Linear>(OnnxLinear.Write),
            [typeof(Threshold)] = Row<Threshold>(OnnxElementwise.Write),
            [typeof(Requantize)] = Row<Requantize>(OnnxElementwise.Write),
            [typeof(PiecewiseLinear)] = Row<PiecewiseLinear>(OnnxElementwise.Write),
            [typeof(Quantize)] = Row<Quantize>(OnnxElementwise.Write),
            [typeof(Scores)] = Row<Scores>(OnnxElementwise.Write),
            [typeof(Add)] = Row<Add>(OnnxElementwise.Write),
            [typeof(WeightedSum)] = Row<WeightedSum>(OnnxElementwise.Write),
            [typeof(BitPlane)] = Row<BitPlane>(OnnxElementwise.Write),
            [typeof(Lookup)] = Row<Lookup>(OnnxElementwise.Write),
            [typeof(PositionalEmbedding)] = Row<PositionalEmbedding>(OnnxElementwise.Write),
            [typeof(AddEmbedding)] = Row<AddEmbedding>(OnnxElementwise.Write),
            [typeof(MaxPool)] = Row<MaxPool>(OnnxSpatial.Write),
            [typeof(SumPool)] = Row<SumPool>(OnnxSpatial.Write),
            [typeof(Upsample)] = Row<Upsample>(OnnxSpatial.Write),
            [typeof(Concat)] = Row<Concat>(OnnxSpatial.Write),
            [typeof(Slice)] = Row<Slice>(OnnxSpatial.Write),
            [typeof(AttentionScores)] = Row<AttentionScores>(OnnxAttention.Write),
            [typeof(Softmax)] = Row<Softmax>(OnnxAttention.Write),
            [typeof(AttentionSum)] = Row<AttentionSum>(OnnxAttention.Write),
            [typeof(AttentionMean)] = Row<AttentionMean>(OnnxAttention.Write),
        };

    private static Func<IntegerGraph, Operation, string> Row<T>(Func<IntegerGraph, T, string> write)
        where T : Operation => (graph, operation) => write(graph, (T)operation);
}
