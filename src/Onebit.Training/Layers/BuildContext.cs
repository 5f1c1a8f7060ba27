namespace Onebit.Training;

/// <summary>What an experiment says of all layers of a network.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Method">The method.</param>
/// <param name="WeightBits">32, or planes of a weight.</param>
/// <param name="ActivationBits">32, 8, or planes of an activation.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="ZeroInit">Latent weights start at 0.</param>
/// <param name="Generation">Of a diffusion model; null: a classifier.</param>
internal sealed record BuildContext(
    string Network,
    Method Method,
    int WeightBits,
    int ActivationBits,
    int Classes,
    bool ZeroInit,
    GenerationSpec? Generation
)
{
    /// <summary>The layer that is being made, see <see cref="LayerNode.Label"/>; null: none.</summary>
    internal string? At { get; init; }

    // More than the image itself is of no use, and takes memory for nothing.
    private const int MaxSmallPadding = 16;

    /// <summary>What flows between layers are integers, in codes or signs.</summary>
    internal bool HasIntegers => Method.Binarizes && ActivationBits < 32;

    /// <summary>The method of a layer of a network that binarizes: its own or the experiment's.</summary>
    /// <exception cref="ExperimentException">Its own binarizes nothing, or has options that do not fit.</exception>
    internal Method MethodOf(Method? own) =>
        own switch
        {
            null => Method,
            { Binarizes: false } => throw Wrong($"has the method '{own.Name}', which binarizes nothing; leave that method out"),
            _ when own.FindMistake(own.WeightBits) is { } mistake => throw Wrong($"has a method of its own, but {mistake}"),
            _ => own,
        };

    /// <summary>The number of places of a window along one side.</summary>
    /// <exception cref="ExperimentException">There is none.</exception>
    internal int Positions(int side, int kernel, int stride, int padding) =>
        padding > Math.Max(side, MaxSmallPadding) ? throw Wrong($"pads a side of {side} with {padding}; pad less")
        : side + 2 * padding < kernel ? throw Wrong($"has a window of {kernel} on a side of {side}; make it smaller")
        : (side + 2 * padding - kernel) / stride + 1;

    /// <summary>The shape that pooling gives.</summary>
    /// <exception cref="ExperimentException">A size is below 1, or the window does not fit.</exception>
    internal Shape Pooled(Shape input, int size, int stride) =>
        size < 1 || stride < 1
            ? throw Wrong($"pools windows of {size} with stride {stride}; both must be at least 1")
            : new Shape(input.Channels, Positions(input.Height, size, stride, 0), Positions(input.Width, size, stride, 0));

    /// <summary>A sentence about the layer that is being made, or else about the network.</summary>
    internal ExperimentException Wrong(string what) =>
        new(At is null ? $"The network '{Network}' {what}." : $"The network '{Network}', {At}: it {what}.");
}
