namespace Onebit.Training;

/// <summary>
/// An affine <c>factor * (x - mean) + offset</c> of integer sums, in double precision: what scales, biases and batch
/// normalization are once trained, and what packing turns into integers.
/// </summary>
/// <param name="Factor">Of a normalization: gamma / sqrt(variance + epsilon), times the codes per one.</param>
/// <param name="Mean">Of a normalization: the running mean.</param>
/// <param name="Offset">Of a normalization: beta, times the codes per one.</param>
public readonly record struct Affine(double Factor, double Mean, double Offset)
{
    /// <summary>
    /// Bits of a layer's median multiplier unless an experiment asks for fewer. Rounding then moves a code by less than 1/64 over the
    /// 256 codes of such a channel.
    /// </summary>
    public const int MultiplierBits = 14;

    private const int LargestMultiplierBits = 31;

    /// <summary>The sum itself.</summary>
    public static Affine Identity { get; } = new(1, 0, 0);

    /// <summary>The folded value of an integer sum.</summary>
    public double At(double sum) => Factor * (sum - Mean) + Offset;

    /// <summary>This affine and then the other, as one.</summary>
    public Affine Then(Affine next) =>
        Factor == 0
            ? new Affine(0, 0, next.At(Offset))
            : new Affine(next.Factor * Factor, Mean + (next.Mean - Offset) / Factor, next.Offset);

    /// <summary>The same for each of so many channels.</summary>
    internal Affine[] Repeat(int channels) => [.. Enumerable.Repeat(this, channels)];

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
        long low = lowest,
            high = (long)highest + 1;
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            if (At(middle) >= 0 != flipped)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return ((int)Math.Min(low, int.MaxValue), flipped);
    }

    /// <summary>
    /// Multipliers, offsets and the shared shift with <c>(m * sum + b) >> shift</c> nearest to the folded values,
    /// rounded half up where <paramref name="round"/>, cut down otherwise. Rounding a multiplier moves a value by at
    /// most <c>|sum - mean| / 2^(shift + 1)</c>; affines of few bits, as those of signs are, stay as they are.
    /// With fewer than <see cref="MultiplierBits"/>, offsets are rounded as coarsely: to <paramref name="bits"/> binary places of
    /// one. The low bits of all are then 0, which the file leaves out.
    /// </summary>
    /// <param name="channels">The affines.</param>
    /// <param name="round">Half up; else down.</param>
    /// <param name="bits">Of the median multiplier.</param>
    /// <param name="codesPerOne">What one is in the result: <see cref="EightBitRelu.CodesPerOne"/>, or 1 for scores.</param>
    public static (int[] Multipliers, long[] Offsets, int Shift) ToFixedPoint(
        IReadOnlyList<Affine> channels,
        bool round,
        int bits = MultiplierBits,
        double codesPerOne = 1
    )
    {
        for (int exact = 0; exact < bits; exact++)
        {
            double whole = Math.ScaleB(1, exact);
            if (channels.All(c => IsWhole(c.Factor * whole) && IsWhole(c.At(0) * whole)))
            {
                return (
                    [.. channels.Select(c => (int)(c.Factor * whole))],
                    [.. channels.Select(c => (long)((c.At(0) + (round && exact > 0 ? 0.5 : 0)) * whole))],
                    exact
                );
            }
        }
        double[] sizes = [.. channels.Select(c => Math.Abs(c.Factor)).Where(f => f > 0).Order()];
        int shift = bits;
        if (sizes.Length > 0)
        {
            // The median sets the precision: a channel that is constant in training has a factor a million times the
            // others', which must neither cost them theirs nor leave 32 bits.
            int median = bits - 1 - Math.ILogB(sizes[sizes.Length / 2]);
            shift = Math.Clamp(Math.Min(median, LargestMultiplierBits - 2 - Math.ILogB(sizes[^1])), 0, 40);
        }
        double one = Math.ScaleB(1, shift);
        int[] multipliers = [.. channels.Select(c => checked((int)Math.Round(c.Factor * one)))];
        // From the rounded multiplier, so that its error counts from the mean, not from 0.
        double grain = bits < MultiplierBits ? Math.Max(1, Math.ScaleB(one * codesPerOne, -bits)) : 1;
        long[] offsets =
        [
            .. channels.Select(
                (c, i) => checked((long)(Math.Round(((c.Offset + (round ? 0.5 : 0)) * one - multipliers[i] * c.Mean) / grain) * grain))
            ),
        ];
        return (multipliers, offsets, shift);
    }

    private static bool IsWhole(double value) => Math.Abs(value) <= int.MaxValue / 2 && value == Math.Round(value);
}
