using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>Mean and covariance of features, in double precision.</summary>
/// <param name="Mean">One number per feature.</param>
/// <param name="Covariance">Features x features, row by row; of a sample, so divided by count - 1.</param>
internal sealed record FeatureMoments(double[] Mean, double[] Covariance)
{
    /// <summary>Those of a set.</summary>
    /// <param name="features">float64, at least 2 rows, one per image.</param>
    internal static FeatureMoments Of(Tensor features)
    {
        using var scope = NewDisposeScope();
        Tensor mean = features.mean([0]),
            centred = features - mean;
        Tensor covariance = centred.t().matmul(centred) / (features.shape[0] - 1);
        return new FeatureMoments(mean.data<double>().ToArray(), covariance.contiguous().data<double>().ToArray());
    }
}

/// <summary>
/// The Fréchet distance of two normal distributions, squared as usual (Heusel et al. 2017, "GANs trained by a two time-scale update rule
/// converge to a local Nash equilibrium"): <c>|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))</c>. The features are not those of Inception, so
/// figures compare only with others of the same extractor and the same number of images.
/// </summary>
internal static class FrechetDistance
{
    /// <summary>The distance, in squared units of the features; 0 where the moments are equal, up to rounding.</summary>
    internal static double Between(FeatureMoments first, FeatureMoments second)
    {
        using var scope = NewDisposeScope();
        int length = first.Mean.Length;
        Tensor one = tensor(first.Covariance, [length, length]),
            two = tensor(second.Covariance, [length, length]);
        // C1 C2 is not symmetric. S C2 S with S = C1^(1/2) is, and has the same eigenvalues; those of covariances are not negative.
        (Tensor values, Tensor vectors) = linalg.eigh(one);
        Tensor root = (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
        Tensor product = root.matmul(two).matmul(root);
        double trace = linalg.eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum().ToDouble();
        double apart = first.Mean.Zip(second.Mean, (a, b) => (a - b) * (a - b)).Sum();
        return apart + one.trace().ToDouble() + two.trace().ToDouble() - 2 * trace;
    }
}
