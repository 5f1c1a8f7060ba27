using System.Numerics;

namespace Onebit.Tests;

/// <summary>How many bits integers need on the way to a value.</summary>
public class AccumulatorTests
{
    [Fact]
    public void No_value_product_or_offset_product_is_wider_than_said()
    {
        var random = new Random(11);
        for (int round = 0; round < 200; round++)
        {
            BitModel model = RandomModels.Create(random);
            byte[] image = RandomModels.Image(model, random);
            (int[][] values, long[] scores, _) = ReferenceInterpreter.Run(model, image);
            for (int i = 0; i < model.Operations.Count; i++)
            {
                IEnumerable<long> made = i + 1 < values.Length ? values[i + 1].Select(v => (long)v) : scores;
                Assert.All(made, v => Assert.InRange(Bits(v), 1, model.AccumulatorBits(i)));
                if (model.Operations[i] is Requantize affine)
                {
                    int area = model.Values[i + 1].Area;
                    foreach ((int e, int x) in values[affine.Input].Index())
                    {
                        long product = (long)affine.Multipliers.Span[e / area] * x;
                        Assert.InRange(Bits(product), 1, model.AccumulatorBits(i));
                        Assert.InRange(Bits(product + affine.Offsets.Span[e / area]), 1, model.AccumulatorBits(i));
                    }
                }
            }
        }
    }

    [Fact]
    public void Attention_counts_its_products()
    {
        BitModel model = Build.Model(
            Build.Bytes(2, 1, 2),
            (2, 1, 2),
            new Softmax(0, new[] { 1000 }, 4, new byte[] { 255, 1 }, default, 0),
            new AttentionMean(1, 0, 1, 1)
        );
        // 255 * 1000 has 18 bits and a sign. Twice the sum, in halves, and the total: 2 * (2 * 255 * 255 * 2 + 2 * 255) has 19.
        Assert.Equal([19, 20], Enumerable.Range(0, 2).Select(model.AccumulatorBits));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.AccumulatorBits(model.Operations.Count));
    }

    private static int Bits(long value) => 65 - BitOperations.LeadingZeroCount((ulong)(value ^ (value >> 63)));

    [Fact]
    public void Terms_of_a_sum_may_be_wider_than_the_sum()
    {
        BitModel model = Build.SumOfLargeTerms();
        Assert.Equal((32, 63), (model.Values[5].Bits, model.AccumulatorBits(4)));
    }
}
