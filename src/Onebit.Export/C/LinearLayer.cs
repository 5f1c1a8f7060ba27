namespace Onebit.Export;

/// <summary>
/// A layer with weights, its pooling and its epilogue in one function, which stores no sum that is pooled or rounded. No weight is
/// multiplied. <see cref="ColumnLinear"/> and <see cref="PopcountLinear"/> count bits, <see cref="PairedLinear"/> adds codes at four
/// positions at a time, and <see cref="PlainLinear"/> adds codes at one position.
/// </summary>
internal static class LinearLayer
{
    /// <summary>Writes the body of the layer's function.</summary>
    public static void Write(LayerWriter writer)
    {
        if (writer.Step is { } step)
        {
            RowLinear.Write(writer, step);
            return;
        }

        if (writer.Unit.Columns.Contains(writer.Layer))
        {
            ColumnLinear.Write(writer);
            return;
        }

        var layer = new LinearParts(writer);
        if (layer.Input.Type.IsBits)
        {
            PopcountLinear.Write(layer);
        }
        else if (PairedLinear.Fits(layer))
        {
            new PairedLinear(layer).Write();
        }
        else
        {
            PlainLinear.Write(layer);
        }
    }
}
