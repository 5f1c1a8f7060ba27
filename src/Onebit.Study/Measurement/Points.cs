using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>Images as points in the space of their pixels, one a row.</summary>
internal static class Points
{
    /// <summary>Pixels from 0 to 1: count x pixels.</summary>
    internal static Tensor Of(ImageSet images)
    {
        using Tensor bytes = Evaluator.Pixels(images);
        return bytes.flatten(1).to(ScalarType.Float32).div_(255);
    }

    /// <summary>Squared Euclidean distances of every row of one to every row of the other, at least 0.</summary>
    internal static Tensor SquaredDistances(Tensor from, Tensor to)
    {
        using var scope = NewDisposeScope();
        Tensor lengths = from.square().sum(1, keepdim: true) + to.square().sum(1);
        return lengths.addmm_(from, to.t(), 1, -2).clamp_min_(0).MoveToOuterDisposeScope();
    }

    /// <summary>Does rows in blocks, so that no more of a large matrix is in memory than one block; tensors of each are freed.</summary>
    internal static void InBlocks(int rows, int size, Action<int, int> work)
    {
        for (int start = 0; start < rows; start += size)
        {
            using var scope = NewDisposeScope();
            work(start, Math.Min(size, rows - start));
        }
    }

    /// <summary>Coordinates along the directions of largest variance (principal component analysis), largest first.</summary>
    /// <param name="points">count x dimensions.</param>
    /// <param name="dimensions">How many to keep.</param>
    internal static Tensor Principal(Tensor points, int dimensions)
    {
        using var scope = NewDisposeScope();
        Tensor centred = (points - points.mean([0])).to(ScalarType.Float64);
        (_, Tensor vectors) = linalg.eigh(centred.t().matmul(centred));
        Tensor directions = vectors.narrow(1, vectors.shape[1] - dimensions, dimensions).flip(1); // They come smallest first.
        // A direction's sign is arbitrary: the largest component decides, so that every machine draws the same picture.
        Tensor largest = directions.gather(0, directions.abs().argmax(0).unsqueeze(0));
        return centred.matmul(directions * largest.sign()).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
