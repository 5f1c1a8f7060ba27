namespace Onebit.Export;

/// <summary>How a layer on codes runs some rows at a time: a step gives all outputs of one or two rows.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Sums">Its sums before pooling.</param>
internal sealed record RowStep(FusedLinear Layer, ValueInfo Sums)
{
    private const int MaxHalf = ushort.MaxValue;

    /// <summary>Sums at two rows and two columns are made at a time, instead of four of a row.</summary>
    public bool IsSquare => Layer.Pool is not null || Sums.Width % 4 != 0;

    /// <summary>Rows that a step gives.</summary>
    public int Rows => IsSquare && Layer.Pool is null ? 2 : 1;

    /// <summary>Steps of an image.</summary>
    public int Count => Layer.Result.Height / Rows;

    /// <summary>Rows of its input between two steps, in the padded input.</summary>
    public int Advance => Layer.Linear.Stride * (IsSquare ? 2 : 1);

    /// <summary>Rows of the padded input that a step reads.</summary>
    public int InputRows => Layer.Linear.KernelHeight + (IsSquare ? Layer.Linear.Stride : 0);

    /// <summary>The sums of all inputs can take more than 16 bits.</summary>
    public bool IsWide => (long)Layer.FanIn * Layer.Source.Maximum > MaxHalf;

    /// <summary>The step of a layer, or null where it cannot run so.</summary>
    public static RowStep? Of(FusedLayer layer, ValueInfo sums)
    {
        if (
            layer is not FusedLinear { Pool: null or { Size: 2, Stride: 2 }, Linear.Groups: 1 } linear
            || CType.Of(linear.Source) != CType.UInt8
            || linear.Linear.Outputs < 4
            || sums.Area == 1
        )
        {
            return null;
        }

        var step = new RowStep(linear, sums);
        bool isWhole = !step.IsSquare || linear.Pool is not null || (sums.Width % 2 == 0 && sums.Height % 2 == 0);
        return isWhole ? step : null;
    }

    /// <summary>Rows of a ring that hold what the steps of a reader need while this layer gives them.</summary>
    public int RingRows(RowStep reader)
    {
        int padding = reader.Layer.Linear.Padding,
            rows = 0;
        for (int step = 0; step < reader.Count; step++)
        {
            int first = step * reader.Advance,
                end = first + reader.InputRows,
                steps = (Math.Max(0, end - padding) + Rows - 1) / Rows;
            rows = Math.Max(rows, padding + steps * Rows - first);
        }

        return rows;
    }
}
