using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Looks for copies: the training image nearest to each of some images, among those of the same class. Generated images are copies where
/// they are nearer than test images are, which is judged by the medians of both.
/// </summary>
/// <param name="train">Training images.</param>
/// <param name="trainFeatures">Their features, float32, one image a row; it must live as long as this.</param>
/// <param name="classes">Number of classes.</param>
internal sealed class NearestTraining(ImageSet train, Tensor trainFeatures, int classes)
{
    private const int Block = 500;

    private readonly int[][] _ofClass = ClassIndices.Of(train.Labels.Span, classes);

    /// <summary>The medians of the distances to the nearest training images.</summary>
    /// <param name="images">Test images or samples; their labels are the classes asked for.</param>
    /// <param name="features">Their features, float32, one image a row.</param>
    internal NearestDistances Measure(ImageSet images, Tensor features)
    {
        (double[] pixels, _) = InPixels(images);
        (double[] inFeatures, _) = InFeatures(images.Labels.Span, features);
        int[][] ofClass = ClassIndices.Of(images.Labels.Span, classes);
        return new NearestDistances(
            [.. ofClass.Select(indices => Median([.. indices.Select(i => pixels[i])]))],
            [.. ofClass.Select(indices => Median([.. indices.Select(i => inFeatures[i])]))],
            Median(pixels),
            Median(inFeatures)
        );
    }

    /// <summary>For each image the distance in pixels to the nearest training image of its class, and that image's index.</summary>
    internal (double[] Distance, int[] Index) InPixels(ImageSet images) =>
        Find(images.Labels.Span, indices => Points.Of(train.Select(indices)), indices => Points.Of(images.Select(indices)));

    /// <summary>For each image the distance in features to the nearest training image of its class, and that image's index.</summary>
    internal (double[] Distance, int[] Index) InFeatures(ReadOnlySpan<byte> labels, Tensor features) =>
        Find(labels, indices => Rows(trainFeatures, indices), indices => Rows(features, indices));

    /// <summary>The median; NaN of nothing.</summary>
    internal static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private (double[] Distance, int[] Index) Find(ReadOnlySpan<byte> labels, Func<int[], Tensor> trainPoints, Func<int[], Tensor> points)
    {
        double[] distance = new double[labels.Length];
        int[] index = new int[labels.Length];
        int[][] asked = ClassIndices.Of(labels, classes);
        for (int c = 0; c < classes; c++)
        {
            using var scope = NewDisposeScope();
            if (asked[c].Length == 0)
            {
                continue;
            }

            int[] candidates = _ofClass[c];
            if (candidates.Length == 0)
            {
                throw new ExperimentException($"There is no training image of class {c}; ask for classes that there are.");
            }

            Tensor from = trainPoints(candidates),
                to = points(asked[c]),
                mean = from.mean([0]), // Large coordinates would cost float32's digits.
                centred = from - mean;
            Points.InBlocks(
                asked[c].Length,
                Block,
                (start, count) =>
                {
                    Tensor rows = to.narrow(0, start, count);
                    Tensor nearest = Points.SquaredDistances(rows - mean, centred).argmin(1);
                    // The matrix product rounds, so the distance that counts is taken from the differences: a copy is at 0.
                    Tensor differences = (rows - from.index_select(0, nearest)).to(ScalarType.Float64);
                    double[] exact = differences.square().sum(1).sqrt().data<double>().ToArray();
                    long[] found = nearest.data<long>().ToArray();
                    for (int i = 0; i < count; i++)
                    {
                        (distance[asked[c][start + i]], index[asked[c][start + i]]) = (exact[i], candidates[found[i]]);
                    }
                }
            );
        }

        return (distance, index);
    }

    private static Tensor Rows(Tensor points, int[] indices) => points.index_select(0, tensor(indices.Select(i => (long)i).ToArray()));
}
