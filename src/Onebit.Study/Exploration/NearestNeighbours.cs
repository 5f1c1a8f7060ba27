using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>Exact classification by the k nearest training images in the space of pixels (Cover and Hart 1967).</summary>
public static class NearestNeighbours
{
    private const int Block = 500;

    /// <summary>The class most of the k nearest have; among equals the one whose neighbour is nearest.</summary>
    /// <param name="train">At least <paramref name="k"/> images.</param>
    /// <param name="images">What to classify.</param>
    /// <param name="k">Neighbours that vote.</param>
    /// <param name="progress">Told the share done.</param>
    /// <param name="cancellation">Stops between two blocks of images.</param>
    public static byte[] Classify(
        ImageSet train,
        ImageSet images,
        int k,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        using var scope = NewDisposeScope();
        Tensor references = Points.Of(train);
        byte[] classes = new byte[images.Count];
        Points.InBlocks(
            images.Count,
            Block,
            (start, count) =>
            {
                cancellation.ThrowIfCancellationRequested();
                (_, Tensor nearest) = Points
                    .SquaredDistances(Points.Of(images.Slice(start, count)), references)
                    .topk(k, dim: 1, largest: false, sorted: true);
                long[] indices = nearest.contiguous().data<long>().ToArray();
                for (int i = 0; i < count; i++)
                {
                    classes[start + i] = Vote(indices.Skip(i * k).Take(k).Select(n => train.Labels.Span[(int)n]));
                }

                progress?.Report((double)(start + count) / images.Count);
            }
        );
        return classes;
    }

    /// <summary>The most frequent of some classes; among equals the one named first.</summary>
    internal static byte Vote(IEnumerable<byte> votes) => votes.GroupBy(v => v).MaxBy(g => g.Count())!.Key;
}
