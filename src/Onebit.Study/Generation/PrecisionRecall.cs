using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Improved precision and recall (Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models"). A
/// set's manifold is the union of balls around its points, each as large as the distance to the k-th nearest other point.
/// Precision is the share of samples inside the manifold of real images, recall the share of real images inside that of the samples.
/// </summary>
internal static class PrecisionRecall
{
    /// <summary>The neighbours that the authors recommend.</summary>
    internal const int Neighbours = 3;

    private const int Block = 500;

    /// <summary>Both shares, 0 to 1.</summary>
    /// <param name="real">Features of real images, float32, one image a row.</param>
    /// <param name="realRadii">What <see cref="SquaredRadii"/> gives for them.</param>
    /// <param name="samples">Features of samples, as many as of real images, or the figures say little.</param>
    internal static (double Precision, double Recall) Of(Tensor real, Tensor realRadii, Tensor samples)
    {
        using var scope = NewDisposeScope();
        return (ShareInside(samples, real, realRadii), ShareInside(real, samples, SquaredRadii(samples)));
    }

    /// <summary>The squared distance of each point to its k-th nearest other point.</summary>
    /// <param name="points">float32, more than k rows.</param>
    /// <param name="k">Which neighbour.</param>
    internal static Tensor SquaredRadii(Tensor points, int k = Neighbours)
    {
        using var scope = NewDisposeScope();
        int rows = (int)points.shape[0];
        Tensor radii = empty(rows),
            centred = points - points.mean([0]); // Large coordinates would cost float32's digits.
        Points.InBlocks(
            rows,
            Block,
            (start, count) =>
            {
                Tensor distances = Points.SquaredDistances(centred.narrow(0, start, count), centred);
                distances.diagonal(start, 0, 1).fill_(double.PositiveInfinity); // A point is no neighbour of its own.
                radii.narrow(0, start, count).copy_(distances.kthvalue(k, 1).values);
            }
        );
        return radii.MoveToOuterDisposeScope();
    }

    /// <summary>The share of points that lie in at least one of the balls.</summary>
    /// <param name="points">float32, one a row.</param>
    /// <param name="centres">float32, one a row.</param>
    /// <param name="radii">The balls' squared radii.</param>
    internal static double ShareInside(Tensor points, Tensor centres, Tensor radii)
    {
        using var scope = NewDisposeScope();
        Tensor mean = centres.mean([0]),
            centred = centres - mean;
        long inside = 0;
        Points.InBlocks(
            (int)points.shape[0],
            Block,
            (start, count) =>
                inside += Points.SquaredDistances(points.narrow(0, start, count) - mean, centred).le(radii).any(1).sum().ToInt64()
        );
        return (double)inside / points.shape[0];
    }
}
