namespace Onebit.Export;

/// <summary>The C of each operation: how a fused layer is written that begins with it.</summary>
internal static class LayerTable
{
    /// <summary>One row per operation, and no other way.</summary>
    public static IReadOnlyDictionary<Type, Action<LayerWriter>> Writers { get; } =
        new Dictionary<Type, Action<LayerWriter>>
        {
            [typeof(Linear)] = LinearLayer.Write,
            [typeof(Threshold)] = ElementwiseLayers.WriteEnd,
            [typeof(Requantize)] = ElementwiseLayers.WriteEnd,
            [typeof(Quantize)] = ElementwiseLayers.WriteEnd,
            [typeof(PiecewiseLinear)] = ElementwiseLayers.WriteEnd,
            [typeof(Scores)] = ElementwiseLayers.WriteEnd,
            [typeof(Add)] = ElementwiseLayers.WriteAdd,
            [typeof(WeightedSum)] = ElementwiseLayers.WriteWeightedSum,
            [typeof(BitPlane)] = ElementwiseLayers.WriteBitPlane,
            [typeof(Lookup)] = ElementwiseLayers.WriteLookup,
            [typeof(PositionalEmbedding)] = ElementwiseLayers.WritePositionalEmbedding,
            [typeof(MaxPool)] = SpatialLayers.WriteMaxPool,
            [typeof(SumPool)] = SpatialLayers.WriteSumPool,
            [typeof(Upsample)] = SpatialLayers.WriteUpsample,
            [typeof(Concat)] = SpatialLayers.WriteConcat,
            [typeof(Slice)] = SpatialLayers.WriteSlice,
            [typeof(AddEmbedding)] = ElementwiseLayers.WriteAddEmbedding,
            [typeof(AttentionScores)] = AttentionLayers.WriteScores,
            [typeof(Softmax)] = AttentionLayers.WriteSoftmax,
            [typeof(AttentionSum)] = AttentionLayers.WriteEnd,
            [typeof(AttentionMean)] = AttentionLayers.WriteEnd,
        };
}
