namespace Onebit.Training;

/// <summary>A two-dimensional convolution.</summary>
/// <param name="Filters">Output channels.</param>
/// <param name="Kernel">Rows and columns of the kernel.</param>
/// <param name="Stride">Step, both ways.</param>
/// <param name="Padding">Positions added on each side, of the lowest level of what is read: 0 for codes, -1 for signs.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Bias">See <see cref="WeightLayer"/>, as for the others.</param>
/// <param name="Binarize">See there.</param>
/// <param name="DivideByRootFanIn">See there.</param>
/// <param name="Method">See there.</param>
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
    private protected override Geometry GeometryFor(Shape input, int classes) => new(Filters, Kernel, Kernel, Stride, Padding, Groups);
}
