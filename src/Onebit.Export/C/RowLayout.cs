namespace Onebit.Export;

/// <summary>
/// How a value is stored that one layer gives and one layer reads, both some rows at a time: row by row, all channels of a row together,
/// with zeros for the padding of the layer that reads it.
/// </summary>
/// <param name="Value">The value.</param>
/// <param name="Padding">Rows and columns of zeros on each side.</param>
/// <param name="Rows">Stored rows. Where they are fewer than all, a row takes the place of one that is not needed again.</param>
internal sealed record RowLayout(ValueInfo Value, int Padding, int Rows)
{
    /// <summary>Bytes between two channels of a row. The zeros behind a channel are those before the next one.</summary>
    public int ChannelStride => Value.Width + Padding;

    /// <summary>Bytes between two rows.</summary>
    public int RowStride => Value.Channels * ChannelStride + Padding;

    /// <summary>Rows with those of zeros.</summary>
    public int PaddedHeight => Value.Height + 2 * Padding;

    /// <summary>Bytes of all stored rows.</summary>
    public int Bytes => Rows * RowStride;

    /// <summary>Rows share places.</summary>
    public bool IsRing => Rows < PaddedHeight;

    /// <summary>The index of a row's first byte.</summary>
    public string Row(CUnit unit, string row) =>
        LinearParts.Times(IsRing ? $"{unit.Helper("place_of")}({row}, {Rows})" : $"({row})", RowStride);
}
