namespace Onebit.Training;

/// <summary>A two-dimensional convolution.</summary>
/// <param name="Filters">Output channels.</param>
/// <param name="Kernel">Rows and columns of the kernel.</param>
/// <param name="Stride">Step, both ways.</param>
/// <param name="Padding">Positions added on each side, of the lowest level of what is read: 0 for codes, -1 for signs.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Bias">Adds a float bias; pointless before a batch normalization.</param>
/// <param name="Binarize">false keeps these weights float32 whatever the method.</param>
/// <param name="DivideByRootFanIn">Divides the output by the square root of the fan-in, in place of a normalization.</param>
/// <param name="Method">Binarizes these weights where the network binarizes; null: the experiment's method.</param>
public sealed record ConvLayer(
    int Filters,
    int Kernel,
    int Stride = 1,
    int Padding = 0,
    int Groups = 1,
    bool Bias = false,
    bool Binarize = true,
    bool DivideByRootFanIn = false,
    Method? Method = null
) : WeightLayer(Bias, Binarize, DivideByRootFanIn, Method)
{
    internal override string? Brief =>
        $"conv {Filters} {Kernel}x{Kernel}" + (Stride == 1 ? "" : $" stride {Stride}") + (Groups == 1 ? "" : $" groups {Groups}");

    private protected override Geometry GeometryFor(Shape input, int classes) => new(Filters, Kernel, Kernel, Stride, Padding, Groups);
}
