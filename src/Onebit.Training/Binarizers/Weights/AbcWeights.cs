using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// M planes at shifted deviations. Forward, for each output: <c>B[m] = +1 if w - mean + u[m] deviation >= 0 else -1</c>, u[m] evenly from
/// -1 to 1; <c>b = sum a[m] B[m]</c> with the a that is closest to w by least squares. M = 1 is sign times mean absolute weight.
/// Pseudo-gradient: <c>dL/dw = dL/db sum a[m]</c>, each plane's sign passing its gradient on. Lin, Zhao &amp; Pan, "Towards Accurate Binary
/// Convolutional Neural Network", NIPS 2017, section 3.1, with each output by itself.
/// </summary>
/// <param name="bits">M.</param>
public sealed class AbcWeights(int bits) : WeightBinarizer
{
    /// <inheritdoc/>
    public override IReadOnlyList<WeightPlane> Planes(Tensor latent)
    {
        if (bits == 1)
        {
            return [new(SignOf(latent), MeanAbsolute(latent))];
        }

        Tensor w = latent.detach().flatten(1);
        Tensor centered = w - w.mean([1], keepdim: true),
            deviation = centered.square().mean([1], keepdim: true).sqrt();
        Tensor planes = stack(Enumerable.Range(0, bits).Select(m => SignOf(centered + deviation * (2.0 * m / (bits - 1) - 1))), dim: 2);
        Tensor factors = LeastSquares.Fit(planes, w);
        return
        [
            .. Enumerable
                .Range(0, bits)
                .Select(m => new WeightPlane(planes.select(2, m).view(latent.shape), factors.select(1, m).view(-1, 1, 1, 1))),
        ];
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        IReadOnlyList<WeightPlane> planes = Planes(x);
        Tensor sum = planes.Select(p => p.Scale!).Aggregate((a, b) => a + b);
        return StraightThrough(x * sum, Levels(planes));
    }
}
