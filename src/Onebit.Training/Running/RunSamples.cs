using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>What the network of a finished run of a diffusion model draws.</summary>
public static class RunSamples
{
    /// <summary>Images of a finished run's network on libtorch, with the noise that packed models begin with.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="data">What it was trained on.</param>
    /// <param name="classes">What to draw.</param>
    /// <param name="firstSeed">The seed of the first image; each image has the next one.</param>
    /// <param name="steps">How often the network runs.</param>
    /// <returns>The images; their labels are the classes.</returns>
    /// <exception cref="ExperimentException">The run is damaged, or of other images.</exception>
    public static ImageSet Draw(string folder, Dataset data, IReadOnlyList<int> classes, long firstSeed, int steps)
    {
        ArgumentNullException.ThrowIfNull(classes);
        const int BatchSize = 100;
        using Network network = ParentRun.Load(folder, data);
        Shape shape = network.Input;
        byte[] pixels = new byte[checked(classes.Count * shape.Count)];
        for (int start = 0; start < classes.Count; start += BatchSize)
        {
            using var scope = NewDisposeScope();
            int[] some = [.. classes.Skip(start).Take(BatchSize)];
            long[] seeds = [.. some.Select((_, i) => unchecked(firstSeed + start + i))];
            Tensor images = Sampler.Sample(network, seeds, some, steps);
            Tensor bytes = ((images + 1) * 127.5).round_().clamp_(0, 255).to(ScalarType.Byte).contiguous();
            bytes.data<byte>().ToArray().CopyTo(pixels, start * shape.Count);
        }

        return new ImageSet(pixels, classes.Select(c => (byte)c).ToArray(), shape.Channels, shape.Height, shape.Width);
    }
}
