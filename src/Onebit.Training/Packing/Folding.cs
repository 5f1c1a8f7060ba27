namespace Onebit.Training;

/// <summary>
/// An affine <c>factor * (x - mean) + offset</c> of integer sums, in double precision: what batch normalization is
/// once trained, and what packing turns into integers.
/// </summary>
/// <param name="Factor">gamma / sqrt(variance + epsilon), times the unit.</param>
/// <param name="Mean">The running mean, less the layer's bias.</param>
/// <param name="Offset">beta, times the unit.</param>
public readonly record struct Folding(double Factor, double Mean, double Offset)
{
    /// <summary>Bits of the multipliers' magnitude: their rounding then moves an 8-bit code by less than 1/64.</summary>
    private const int MultiplierBits = 14;

    /// <summary>The folded value of an integer sum.</summary>
    public double At(double sum) => Factor * (sum - Mean) + Offset;

    /// <summary>
    /// The smallest integer sum in a range whose folded value is >= 0 (for a negative factor: &lt; 0, and flipped).
    /// A factor of 0 gives a constant bit.
    /// </summary>
    /// <param name="lowest">The smallest sum that can occur.</param>
    /// <param name="highest">The largest.</param>
    public (int Threshold, bool Flipped) ToThreshold(int lowest, int highest)
    {
        bool flipped = Factor < 0;
        // Monotone in the sum, so bisect: below `low` the condition fails, from `high` on it holds.
        long low = lowest, high = (long)highest + 1;
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            if (At(middle) >= 0 != flipped)
                high = middle;
            else
                low = middle + 1;
        }
        return ((int)Math.Min(low, int.MaxValue), flipped);
    }

    /// <summary>
    /// Multipliers, offsets and the shared shift with <c>(m * sum + b) >> shift</c> nearest to the folded values,
    /// rounded half up where <paramref name="round"/>, cut down otherwise.
    /// </summary>
    public static (int[] Multipliers, long[] Offsets, int Shift) ToFixedPoint(IReadOnlyList<Folding> channels, bool round)
    {
        double largest = channels.Max(c => Math.Abs(c.Factor));
        int shift = largest == 0 ? MultiplierBits : Math.Clamp(MultiplierBits - 1 - Math.ILogB(largest), 0, 40);
        double one = Math.ScaleB(1, shift);
        return (
            channels.Select(c => checked((int)Math.Round(c.Factor * one))).ToArray(),
            channels.Select(c => checked((long)Math.Round((c.Offset - c.Factor * c.Mean + (round ? 0.5 : 0)) * one))).ToArray(),
            shift);
    }
}
