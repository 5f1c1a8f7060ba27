namespace Onebit;

/// <summary>
/// A layer with weights: a <see cref="Onebit.Linear"/> operation, the max-pooling behind it and the operation that ends it.
/// Pooling and epilogue belong to the layer only where nothing else reads the sums before them.
/// </summary>
public sealed class FusedLinear : FusedLayer
{
    /// <param name="linear">The weights.</param>
    /// <param name="pool">The pooling, or null.</param>
    /// <param name="epilogue">What ends the layer, or null.</param>
    /// <param name="output">The index of the value that the layer gives.</param>
    /// <param name="values">The model's values.</param>
    internal FusedLinear(Linear linear, MaxPool? pool, Operation? epilogue, int output, IReadOnlyList<ValueInfo> values)
        : base(
            output,
            new Operation?[] { linear, pool, epilogue }
                .OfType<Operation>()
                .ToArray()
        )
    {
        (Linear, Pool, Epilogue) = (linear, pool, epilogue);
        (Source, Result) = (values[linear.Input], values[output]);
    }

    private FusedLinear(FusedLinear layer, ValueInfo source, ValueInfo result)
        : base(layer.Output, layer.Operations.ToArray())
    {
        (Linear, Pool, Epilogue) = (layer.Linear, layer.Pool, layer.Epilogue);
        (Source, Result) = (source, result);
    }

    /// <summary>The weights.</summary>
    public Linear Linear { get; }

    /// <summary>The pooling of the sums, or null.</summary>
    public MaxPool? Pool { get; }

    /// <summary>
    /// What ends the layer, element by element: a <see cref="Threshold"/>, <see cref="Quantize"/>, <see cref="Requantize"/>,
    /// <see cref="PiecewiseLinear"/> or <see cref="Scores"/>. Where it is null, the sums are what the layer gives.
    /// </summary>
    public Operation? Epilogue { get; }

    /// <summary>The value that the layer reads.</summary>
    public ValueInfo Source { get; }

    /// <summary>The value that the layer gives.</summary>
    public ValueInfo Result { get; }

    /// <summary>The number of inputs that each output sums.</summary>
    public int FanIn => Source.Channels / Linear.Groups * Linear.KernelHeight * Linear.KernelWidth;

    /// <summary>Whether the kernel covers the whole input.</summary>
    public bool IsDense =>
        Linear is { Padding: 0, Groups: 1 } && Linear.KernelHeight == Source.Height && Linear.KernelWidth == Source.Width;

    /// <summary>The same layer with all positions in one row, where its kernel sees each of them by itself. Otherwise the layer.</summary>
    internal FusedLinear InOneRow() =>
        Pool is null && Linear is { KernelHeight: 1, KernelWidth: 1, Stride: 1, Padding: 0 }
            ? new FusedLinear(this, Source with { Height = 1, Width = Source.Area }, Result with { Height = 1, Width = Result.Area })
            : this;
}
