using CsCheck;

namespace Onebit.Training.Tests;

/// <summary>Affines of sums, folded to thresholds and to integers.</summary>
public class AffineTests
{
    // Some means and offsets are whole numbers, so that sums meet 0 exactly.
    private static readonly Gen<Affine> s_affine =
        from factor in Gen.OneOf(Gen.Double[-50, 50], Gen.Double[-0.05, 0.05], Gen.Const(0.0), Gen.OneOf(Gen.Const(2.0), Gen.Const(-0.5)))
        from mean in Gen.OneOf(Gen.Double[-400, 400], Gen.Int[-300, 300].Select(i => (double)i))
        from offset in Gen.OneOf(Gen.Double[-100, 100], Gen.Const(0.0), Gen.Int[-20, 20].Select(i => (double)i))
        select new Affine(factor, mean, offset);

    [Theory]
    [InlineData(2, 3, 0, 3, false)] // Exactly 0 at 3: the sign is +1.
    [InlineData(2, 3, -1, 4, false)]
    [InlineData(2, 3, -2, 4, false)] // Exactly 0 at 4.
    [InlineData(2, 3.5, 0, 4, false)]
    [InlineData(0.5, -2, 1, -4, false)]
    [InlineData(-2, 3, 0, 4, true)] // Exactly 0 at 3, still +1: below 0 from 4 on.
    [InlineData(-2, 3, 1, 4, true)]
    [InlineData(-2, 3, -1, 3, true)]
    [InlineData(-1, -2, -3, -4, true)]
    [InlineData(1, 10, 0, 10, false)] // The range's ends.
    [InlineData(1, 11, 0, 11, false)] // Never reached.
    [InlineData(1, -10, 0, -10, false)]
    [InlineData(1, -500, 0, -10, false)] // Always reached.
    [InlineData(-1, 10, 0, 11, true)]
    [InlineData(-1, 9, 0, 10, true)]
    [InlineData(-1, -10, -1, -10, true)]
    [InlineData(0, 3, 1, -10, false)] // Always +1.
    [InlineData(0, 3, 0, -10, false)]
    [InlineData(0, 3, -1, 11, false)] // Always -1.
    public void Thresholds_by_hand(double factor, double mean, double offset, int threshold, bool flipped) =>
        Assert.Equal((threshold, flipped), new Affine(factor, mean, offset).ToThreshold(-10, 10));

    [Fact]
    public void The_folded_value_by_hand()
    {
        Assert.Equal(-9, new Affine(-2, 3, 1).At(8));
        Assert.Equal(4, new Affine(0.5, -3, 0).At(5));
    }

    [Fact]
    public void A_threshold_gives_the_sign_of_the_folded_value_for_every_sum() =>
        Gen.Select(s_affine, Gen.Int[-300, 300], Gen.Int[0, 600])
            .Sample(
                (affine, lowest, length) =>
                {
                    (int threshold, bool flipped) = affine.ToThreshold(lowest, lowest + length);
                    for (int sum = lowest; sum <= lowest + length; sum++)
                    {
                        // What Threshold of the packed model does.
                        bool plus = sum >= threshold != flipped;
                        if (affine.Factor * (sum - affine.Mean) + affine.Offset >= 0 != plus)
                        {
                            Assert.Fail($"{affine} at {sum}");
                        }
                    }
                },
                iter: 2000
            );

    [Theory]
    [InlineData(20, 8)] // 0.5 * (20 - 10) + 3
    [InlineData(11, 4)] // 3.5, half up
    [InlineData(10, 3)]
    [InlineData(-5, -4)] // -4.5, half up
    [InlineData(-6, -5)]
    public void Fixed_point_by_hand(int sum, int expected)
    {
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint([new Affine(0.5, 10, 3)], round: true);
        Assert.Equal(expected, (multipliers[0] * (long)sum + offsets[0]) >> shift);
    }

    [Fact]
    public void Fixed_point_is_off_by_no_more_than_the_rounding_of_its_integers() =>
        Gen.Select(s_affine.Array[1, 4], Gen.Bool, Gen.Int[1, 3000])
            .Sample(
                (channels, round, range) =>
                {
                    (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint(channels, round);
                    double one = Math.ScaleB(1, shift);
                    for (int c = 0; c < channels.Length; c++)
                    {
                        for (int sum = -range; sum <= range; sum++)
                        {
                            double exact = channels[c].At(sum) + (round ? 0.5 : 0);
                            double actual = (multipliers[c] * (double)sum + offsets[c]) / one;
                            // Half a unit of the multiplier for each step from the mean, half a unit of the offset.
                            if (Math.Abs(actual - exact) > 0.5 * (Math.Abs(sum - channels[c].Mean) + 1) / one + 1e-9)
                            {
                                Assert.Fail($"{channels[c]} at {sum}: {actual}, not {exact}");
                            }
                        }
                    }
                },
                iter: 200
            );

    [Fact]
    public void Fewer_bits_make_smaller_multipliers_and_offsets_of_the_same_coarseness() =>
        Gen.Select(Gen.Double[0.001, 0.9].Array[1, 9], Gen.Int[2, 12], Gen.OneOf(Gen.Const(1.0), Gen.Const(32.0)))
            .Sample(
                (factors, bits, unit) =>
                {
                    Affine[] channels = [.. factors.Select((f, c) => new Affine(f, 37.3 * c, -5.7 + c))];
                    (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint(channels, round: true, bits, unit);
                    Assert.InRange(multipliers.Order().ElementAt(factors.Length / 2), 1 << (bits - 1), 1 << bits);
                    double grain = Math.Max(1, Math.ScaleB(unit, shift - bits));
                    Assert.All(offsets, o => Assert.Equal(0, o % (long)grain));
                    for (int c = 0; c < factors.Length; c++)
                    {
                        // At the mean there is no error but the offset's: half a place of it.
                        double mean = channels[c].Mean;
                        Assert.InRange(
                            Math.ScaleB(multipliers[c] * mean + offsets[c], -shift) - channels[c].Offset - 0.5,
                            -0.5 * unit / (1 << bits) - 1e-3,
                            0.5 * unit / (1 << bits) + 1e-3
                        );
                        Assert.InRange(
                            Math.ScaleB(multipliers[c], -shift) - factors[c],
                            -Math.ScaleB(0.5, -shift),
                            Math.ScaleB(0.5, -shift)
                        );
                    }
                }
            );

    [Fact]
    public void A_multiplier_of_the_median_factor_or_more_moves_a_code_by_less_than_a_64th() =>
        Gen.Select(Gen.Double[1e-6, 1], Gen.Double[0, 13], Gen.Bool)
            .Sample(
                (mantissa, exponent, negative) =>
                {
                    double factor = mantissa * Math.Pow(2, exponent) * (negative ? -1 : 1);
                    (int[] multipliers, _, int shift) = Affine.ToFixedPoint(
                        [new Affine(factor, 0, 0), new Affine(factor / 3, 0, 0)],
                        round: true
                    );
                    double sum = 255 / factor;
                    Assert.True(Math.Abs(Math.ScaleB(multipliers[0], -shift) * sum - 255) < 1.0 / 64);
                }
            );

    [Fact]
    public void A_channel_that_was_constant_in_training_does_not_cost_the_others_their_precision()
    {
        // gamma 1, variance 0: the factor is 32 / sqrt(1e-5), a million times the others'.
        Affine[] channels = [new(32 / Math.Sqrt(BatchNormModule.Epsilon), 500, 16), .. Enumerable.Repeat(new Affine(0.006, 20_000, 40), 9)];
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint(channels, round: true);
        Assert.Equal(127, (multipliers[5] * 34_500L + offsets[5]) >> shift); // 0.006 * 14,500 + 40
        Assert.Equal(16, (multipliers[0] * 500L + offsets[0]) >> shift);
        Assert.True((multipliers[0] * 501L + offsets[0]) >> shift > 255 && (multipliers[0] * 499L + offsets[0]) >> shift < 0);
    }

    [Fact]
    public void Factors_of_0_leave_the_offset()
    {
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint([new Affine(0, 7, 5), new Affine(0, 7, -5)], round: true);
        Assert.Equal([0, 0], multipliers);
        Assert.Equal([5, -5], offsets.Select(b => b >> shift));
    }
}
