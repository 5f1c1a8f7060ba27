namespace Onebit.Training;

/// <summary>A dense layer over all elements of its input.</summary>
/// <param name="Units">Outputs; 0 stands for the number of classes.</param>
/// <param name="Bias">Adds a float bias; pointless before a batch normalization.</param>
/// <param name="Binarize">false keeps these weights float32 whatever the method.</param>
/// <param name="DivideByRootFanIn">Divides the output by the square root of the fan-in, in place of a normalization.</param>
/// <param name="Method">Binarizes these weights where the network binarizes; null: the experiment's method.</param>
public sealed record DenseLayer(
    int Units = 0,
    bool Bias = false,
    bool Binarize = true,
    bool DivideByRootFanIn = false,
    Method? Method = null
) : WeightLayer(Bias, Binarize, DivideByRootFanIn, Method)
{
    internal override string? Brief => Units == 0 ? "dense" : $"dense {Units}";

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        Units < 0
            ? throw context.Wrong($"has {Units} units; give at least 1, or none for the number of classes")
            : base.OutputShape(context, inputs);

    private protected override Geometry GeometryFor(Shape input, int classes) =>
        new(Units == 0 ? classes : Units, input.Height, input.Width, Stride: 1, Padding: 0, Groups: 1);
}
