using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The factors that bring planes of signs or bits closest to real numbers.</summary>
internal static class LeastSquares
{
    // Of a plane's count: two equal planes, as a few weights easily have, must not divide by 0.
    private const double Ridge = 1e-4;

    /// <summary>The v that makes <c>|x - planes v|</c> smallest, for each row.</summary>
    /// <param name="planes">rows x numbers x planes.</param>
    /// <param name="x">rows x numbers.</param>
    /// <returns>rows x planes.</returns>
    internal static Tensor Fit(Tensor planes, Tensor x)
    {
        Tensor transposed = planes.transpose(1, 2);
        Tensor products = transposed.matmul(planes) + eye(planes.shape[2]) * (Ridge * planes.shape[1]);
        return linalg.solve(products, transposed.matmul(x.unsqueeze(2))).squeeze(2);
    }
}
