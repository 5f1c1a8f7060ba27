using System.Numerics;
using CsCheck;

namespace Onebit.Study.Tests;

public class McNemarTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(3, 4, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(0, 5, 2 * 1 / 32.0)]
    [InlineData(0, 6, 2 * 1 / 64.0)]
    [InlineData(1, 9, 2 * (1 + 10) / 1024.0)]
    [InlineData(2, 8, 2 * (1 + 10 + 45) / 1024.0)]
    [InlineData(4, 11, 2 * (1 + 15 + 105 + 455 + 1365) / 32768.0)]
    public void It_is_the_binomial_tail_on_both_sides(int first, int second, double p)
    {
        Assert.Equal(p, new McNemar(first, second).P, 1e-12);
        Assert.Equal(p, new McNemar(second, first).P, 1e-12);
    }

    [Fact]
    public void It_equals_exact_integer_arithmetic() =>
        Gen.Select(Gen.Int[0, 600], Gen.Int[0, 600])
            .Sample(
                (first, second) =>
                {
                    int trials = first + second;
                    BigInteger term = 1,
                        sum = 0;
                    for (int k = 0; k <= Math.Min(first, second); k++)
                    {
                        sum += term;
                        term = term * (trials - k) / (k + 1);
                    }
                    // Twice the sum over 2^trials, with 60 bits behind the point.
                    double exact = Math.Min(1, (double)((sum << 61) >> trials) / Math.ScaleB(1, 60));
                    Assert.Equal(exact, new McNemar(first, second).P, 1e-10);
                },
                iter: 200
            );

    [Fact]
    public void Many_images_neither_overflow_nor_vanish()
    {
        Assert.Equal(1, new McNemar(50_000, 50_000).P);
        Assert.Equal(0, new McNemar(0, 100_000).P);
        // (|b - c| - 1)^2 / (b + c) = 3.8 is where chi-square's tail of one degree is 0.05.
        Assert.Equal(0.05, new McNemar(50_000, 50_000 - 621).P, 0.002);
    }

    [Theory]
    [InlineData(0, 5, false)]
    [InlineData(0, 6, true)]
    public void One_in_twenty_is_the_line(int first, int second, bool moreThanChance) =>
        Assert.Equal(moreThanChance, new McNemar(first, second).MoreThanChance);

    [Fact]
    public void Only_images_that_one_of_two_gets_right_count()
    {
        Assert.Equal(new McNemar(2, 1), McNemar.Compare([0, 1, 2, 3, 4, 5], [0, 1, 2, 9, 9, 9], [9, 9, 2, 3, 9, 8]));
        Assert.Throws<ArgumentException>(() => McNemar.Compare([0, 1], [0], [0, 1]));
    }
}
