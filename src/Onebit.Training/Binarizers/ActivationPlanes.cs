namespace Onebit.Training;

/// <summary>The levels of an activation: <c>Offset + sum over n of Coefficients[n] s[n]</c>, the signs s being its planes.</summary>
/// <param name="Thresholds">
/// In ones; each one entry for all channels, or one a channel. One for each plane, <c>s[n] = +1 if x >= Thresholds[n] else -1</c>; or, of a
/// code of k bits, 2^k - 1 that do not decrease.
/// </param>
/// <param name="Coefficients">One a plane; of a code never negative.</param>
/// <param name="Offset">See above.</param>
/// <param name="IsCode">
/// The number of thresholds reached is a code of k bits, and s[n] is +1 where its bit n, the lowest first, is set.
/// </param>
public sealed record ActivationPlanes(double[][] Thresholds, double[] Coefficients, double Offset, bool IsCode = false)
{
    /// <summary>+1 where x >= 0, else -1.</summary>
    public static ActivationPlanes Sign { get; } = Signs(0);

    /// <summary>The lowest level, which padding holds.</summary>
    public double Low => Offset - Coefficients.Sum(Math.Abs);

    /// <summary>+1 where x >= the threshold, one for all channels or one a channel, else -1.</summary>
    public static ActivationPlanes Signs(params double[] thresholds) => new([thresholds], [1], 0);
}
