using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>A network as it was trained, on libtorch: for those that no packed file can hold.</summary>
internal sealed class NetworkBackend : IBackend
{
    private readonly Network _network;

    /// <summary>Takes the network over.</summary>
    internal NetworkBackend(Network network)
    {
        _network = network;
        network.eval();
    }

    public void Predict(ReadOnlySpan<byte> images, Span<int> classes)
    {
        using var scope = NewDisposeScope();
        (int channels, int height, int width) = _network.Input;
        Tensor pixels = empty([classes.Length, channels, height, width], ScalarType.Byte);
        images.CopyTo(pixels.bytes);
        FloatBackend.Largest(_network.forward(_network.Prepare(pixels)).contiguous().data<float>().ToArray(), classes);
    }

    public void Dispose() => _network.Dispose();
}
