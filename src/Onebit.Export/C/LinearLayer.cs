namespace Onebit.Export;

/// <summary>
/// A layer with weights, its pooling and its epilogue in one function, which stores no sum that is pooled or rounded. No weight is
/// multiplied. <see cref="PopcountLinear"/> counts bits, <see cref="PairedLinear"/> adds codes at four positions at a time, and
/// <see cref="PlainLinear"/> adds codes at one position.
/// </summary>
internal static class LinearLayer
{
    private const int MinOutputsOfTables = 4,
        TableInputs = 8,
        MaxHalf = ushort.MaxValue;

    /// <summary>Writes the body of the layer's function.</summary>
    public static void Write(LayerWriter writer)
    {
        var layer = new LinearParts(writer);
        if (layer.Input.Type.IsBits)
        {
            PopcountLinear.Write(layer);
        }
        else if (
            layer.Sums.Area > 1
            && layer.GroupOutputs >= MinOutputsOfTables
            && TableInputs * (long)layer.Input.Info.Maximum <= MaxHalf
        )
        {
            PairedLinear.Write(layer, isWide: (long)layer.FanIn * layer.Input.Info.Maximum > MaxHalf);
        }
        else
        {
            PlainLinear.Write(layer);
        }
    }
}
