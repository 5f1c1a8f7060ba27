namespace Onebit.Tests;

/// <summary>Every operation on numbers that can be checked by hand.</summary>
public class OperationTests
{
    [Fact]
    public void Input_of_one_bit_is_1_from_the_threshold_on()
    {
        BitModel model = Build.Model(new ModelInput(2, 1, 2, 1, 100), (2, 1, 2), new MaxPool(0, 1, 1));
        Assert.Equal([0, 1, 1, 0], model.Trace([99, 100, 255, 0])[0]);
    }

    [Fact]
    public void Input_of_eight_bits_is_the_pixels()
    {
        BitModel model = Build.Model(Build.Bytes(2, 1, 2), (2, 1, 2), new MaxPool(0, 1, 1));
        Assert.Equal([99, 100, 255, 0], model.Trace([99, 100, 255, 0])[0]);
    }

    [Fact]
    public void Dense_layer_on_codes()
    {
        // 1 - 2 + 3 - 255 and -1 - 2 - 3 - 255
        Assert.Equal([-253, -261], Build.Run(Build.Bytes(1, 2, 2), [1, 2, 3, 255], (2, 1, 1), Build.Dense(0, 2, 2, 2, "+-+- ----")));
    }

    [Fact]
    public void Dense_layer_on_bits()
    {
        Assert.Equal([0, 2], Build.Run(new ModelInput(1, 1, 5, 1, 1), [7, 0, 1, 0, 0], (2, 1, 1), Build.Dense(0, 2, 1, 5, "+--++ +-+--")));
    }

    [Fact]
    public void Dense_layer_on_signs()
    {
        // signs - + + with weights + + + and - + -
        Assert.Equal(
            [1, 1],
            Build.Run(Build.Bytes(1, 1, 3), [0, 9, 9], (2, 1, 1), Build.Threshold(0, 5), Build.Dense(1, 2, 1, 3, "+++ -+-"))
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(129)]
    public void Fan_ins_that_do_not_fill_whole_words(int fanIn)
    {
        // All weights +1, then all -1; every pixel 3, the last 5.
        var pixels = Build.Repeat((byte)3, fanIn);
        pixels[^1] = 5;
        Linear dense = Build.Dense(0, 2, 1, fanIn, new string('+', fanIn) + new string('-', fanIn));
        int sum = 3 * fanIn + 2;
        Assert.Equal([sum, -sum], Build.Run(Build.Bytes(1, 1, fanIn), pixels, (2, 1, 1), dense));

        // The last is +1, all others -1.
        int signs = 2 - fanIn;
        Assert.Equal(
            [signs, -signs],
            Build.Run(Build.Bytes(1, 1, fanIn), pixels, (2, 1, 1), Build.Threshold(0, 4), dense with { Input = 1 })
        );
    }

    [Fact]
    public void Padding_of_codes_is_0()
    {
        // All four pixels are always under the kernel; the one in its middle counts -1.
        var linear = new Linear(0, 1, 3, 3, 1, 1, 1, Build.Signs("+++ +-+ +++"));
        Assert.Equal([8, 6, 4, 2], Build.Run(Build.Bytes(1, 2, 2), [1, 2, 3, 4], (1, 2, 2), linear));
    }

    [Fact]
    public void Padding_of_signs_is_minus_1()
    {
        // Signs - - + + sum up to 0; five positions lie outside.
        var linear = new Linear(1, 2, 3, 3, 1, 1, 1, Build.Signs("+++ +++ +++ --- --- ---"));
        Assert.Equal([-5, -5, -5, -5, 5, 5, 5, 5], Build.Run(Build.Bytes(1, 2, 2), [1, 2, 3, 4], (2, 2, 2), Build.Threshold(0, 3), linear));
    }

    [Fact]
    public void Kernel_wholly_outside_the_input_sees_padding_alone()
    {
        var linear = new Linear(1, 1, 1, 1, 1, 2, 1, Build.Signs("+"));
        int[] sums = Build.Run(Build.Bytes(1, 1, 1), [9], (1, 5, 5), Build.Threshold(0, 5), linear);
        Assert.Equal(1, sums[12]);
        Assert.Equal(24, sums.Count(sum => sum == -1));
    }

    [Fact]
    public void Stride_steps_both_ways_and_drops_what_does_not_fit()
    {
        // 1 + 2 - 6 + 7 and 3 + 4 - 8 + 9; the third row and the fifth column are left over.
        byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        var linear = new Linear(0, 1, 2, 2, 2, 0, 1, Build.Signs("++-+"));
        Assert.Equal([4, 8], Build.Run(Build.Bytes(1, 3, 5), pixels, (1, 1, 2), linear));
    }

    [Fact]
    public void Stride_begins_in_the_padding()
    {
        // Columns -1..1, 1..3 and 3..5 of a row 1 2 3 4 5.
        var linear = new Linear(0, 1, 3, 3, 2, 1, 1, Build.Signs("+++ ++- +++"));
        Assert.Equal([-1, 1, 9], Build.Run(Build.Bytes(1, 1, 5), [1, 2, 3, 4, 5], (1, 1, 3), linear));
    }

    [Fact]
    public void Kernels_need_not_be_square()
    {
        // 1 - 3 + 5 and 2 - 4 + 6
        var linear = new Linear(0, 1, 3, 1, 1, 0, 1, Build.Signs("+-+"));
        Assert.Equal([3, 4], Build.Run(Build.Bytes(1, 3, 2), [1, 2, 3, 4, 5, 6], (1, 1, 2), linear));
    }

    [Fact]
    public void Weights_run_over_channel_then_row_then_column()
    {
        // Channel 0: 1 2 / 3 4, channel 1: 10 20 / 30 40; one pixel of eight is subtracted in each output.
        var linear = Build.Dense(0, 3, 2, 2, "+-++ ++++  ++-+ ++++  ++++ +-++");
        Assert.Equal([110 - 4, 110 - 6, 110 - 40], Build.Run(Build.Bytes(2, 2, 2), [1, 2, 3, 4, 10, 20, 30, 40], (3, 1, 1), linear));
    }

    [Fact]
    public void Groups_see_their_own_channels_alone()
    {
        var linear = new Linear(0, 4, 1, 1, 1, 0, 2, Build.Signs("++ +- ++ -+"));
        Assert.Equal([3, -1, 12, 4], Build.Run(Build.Bytes(4, 1, 1), [1, 2, 4, 8], (4, 1, 1), linear));
    }

    [Fact]
    public void Depthwise_convolution()
    {
        // Three channels of 1 x 2, each with a kernel of its own.
        var linear = new Linear(0, 3, 1, 2, 1, 0, 3, Build.Signs("++ +- -+"));
        Assert.Equal([3, -1, 1], Build.Run(Build.Bytes(3, 1, 2), [1, 2, 3, 4, 5, 6], (3, 1, 1), linear));
    }

    [Fact]
    public void Threshold_is_plus_1_at_equality_unless_flipped()
    {
        var threshold = new Threshold(0, new[] { 5, 5 }, new[] { false, true });
        Assert.Equal([-1, 1, 1, 1, -1, -1], Build.Run(Build.Bytes(2, 1, 3), [4, 5, 6, 4, 5, 6], (2, 1, 3), threshold));
    }

    [Fact]
    public void Sign_of_a_sum_of_0_is_plus_1()
    {
        Assert.Equal([1], Build.Run(Build.Bytes(1, 1, 2), [7, 7], (1, 1, 1), Build.Dense(0, 1, 1, 2, "+-"), Build.Threshold(1, 0)));
    }

    [Fact]
    public void Requantize_shifts_towards_minus_infinity_and_clamps()
    {
        // x - 128 = -128, -3, -1, 0, 3, 127
        byte[] pixels = [0, 125, 127, 128, 131, 255];
        Assert.Equal(
            [-64, -2, -1, 0, 1, 63],
            Build.Run(Build.Bytes(1, 1, 6), pixels, (1, 1, 6), Build.Centered(0, 1), new Requantize(1, new[] { 1 }, new[] { 0L }, 1, 16))
        );
        Assert.Equal(
            [0, 0, 0, 0, 2, 64],
            Build.Run(Build.Bytes(1, 1, 6), pixels, (1, 1, 6), Build.Centered(0, 1), new Requantize(1, new[] { 1 }, new[] { 1L }, 1, 8))
        );
        Assert.Equal(
            [-32768, -769, -257, -1, 767, 32511],
            Build.Run(Build.Bytes(1, 1, 6), pixels, (1, 1, 6), Build.Centered(0, 1), new Requantize(1, new[] { 256 }, new[] { -1L }, 0, 16))
        );
        Assert.Equal(
            [0, 0, 0, 0, 255, 255],
            Build.Run(Build.Bytes(1, 1, 6), pixels, (1, 1, 6), Build.Centered(0, 1), new Requantize(1, new[] { 256 }, new[] { -1L }, 0, 8))
        );
        Assert.Equal(
            [32767, 768, 256, 0, -768, -32512],
            Build.Run(Build.Bytes(1, 1, 6), pixels, (1, 1, 6), Build.Centered(0, 1), new Requantize(1, new[] { -256 }, new[] { 0L }, 0, 16))
        );
    }

    [Fact]
    public void Requantize_has_64_bits_and_an_affine_for_each_channel()
    {
        // 2^30 * 255 takes 38 bits; 2^62 >> 62 = 1, one less is 0; -1 >> 62 = -1.
        var requantize = new Requantize(0, new[] { 1 << 30, 0, 1 }, new[] { 1L << 37, 1L << 36, -1 }, 36, 16);
        Assert.Equal([5, 1, -1], Build.Run(Build.Bytes(3, 1, 1), [255, 9, 0], (3, 1, 1), requantize));
        var farthest = new Requantize(0, new[] { 0, 0, 0 }, new[] { 1L << 62, (1L << 62) - 1, -1 }, 62, 16);
        Assert.Equal([1, 0, -1], Build.Run(Build.Bytes(3, 1, 1), [1, 2, 3], (3, 1, 1), farthest));
    }

    [Fact]
    public void MaxPool_with_overlap_and_incomplete_windows()
    {
        byte[] pixels = [9, 0, 0, 1, 0, 8, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5, 0];
        Assert.Equal([9, 7, 4, 7], Build.Run(Build.Bytes(1, 5, 6), pixels, (1, 2, 2), new MaxPool(0, 3, 2)));
        Assert.Equal([9, 2, 8, 3, 0, 7], Build.Run(Build.Bytes(1, 5, 6), pixels, (1, 2, 3), new MaxPool(0, 2, 2)));
        Assert.Equal([9, 1, 0, 0], Build.Run(Build.Bytes(1, 5, 6), pixels, (1, 2, 2), new MaxPool(0, 1, 3)));
    }

    [Fact]
    public void MaxPool_of_negative_integers_and_of_signs()
    {
        byte[] pixels = [1, 2, 3, 4, 200, 2, 3, 4];
        Assert.Equal([-124, 72], Build.Run(Build.Bytes(2, 2, 2), pixels, (2, 1, 1), Build.Centered(0, 2), new MaxPool(1, 2, 2)));
        Assert.Equal([-1, 1], Build.Run(Build.Bytes(2, 2, 2), pixels, (2, 1, 1), Build.Threshold(0, 100, 100), new MaxPool(1, 2, 2)));
    }

    [Fact]
    public void SumPool_of_codes_signs_and_integers()
    {
        byte[] pixels = [1, 2, 99, 3, 4, 99, 99, 99, 99];
        Assert.Equal([10], Build.Run(Build.Bytes(1, 3, 3), pixels, (1, 1, 1), new SumPool(0, 2, 2)));
        Assert.Equal([10, 204, 205, 301], Build.Run(Build.Bytes(1, 3, 3), pixels, (1, 2, 2), new SumPool(0, 2, 1)));
        Assert.Equal([-2], Build.Run(Build.Bytes(1, 3, 3), pixels, (1, 1, 1), Build.Threshold(0, 4), new SumPool(1, 2, 2)));
        Assert.Equal([10 - 4 * 128], Build.Run(Build.Bytes(1, 3, 3), pixels, (1, 1, 1), Build.Centered(0, 1), new SumPool(1, 2, 2)));
    }

    [Fact]
    public void Linear_reads_sums_of_codes_of_more_than_eight_bits()
    {
        Assert.Equal(
            [1020 - 1016],
            Build.Run(
                Build.Bytes(2, 2, 2),
                [255, 255, 255, 255, 254, 254, 254, 254],
                (1, 1, 1),
                new SumPool(0, 2, 2),
                Build.Dense(1, 1, 1, 1, "+-")
            )
        );
    }

    [Fact]
    public void Add_joins_any_two_values()
    {
        Assert.Equal([10 - 1, 200 + 1], Build.Run(Build.Bytes(1, 1, 2), [10, 200], (1, 1, 2), Build.Threshold(0, 100), new Add(1, 0)));
        Assert.Equal([20, 400], Build.Run(Build.Bytes(1, 1, 2), [10, 200], (1, 1, 2), new Add(0, 0)));
    }

    [Fact]
    public void Scores_are_affine_in_64_bits()
    {
        var model = new BitModel(Build.Bytes(3, 1, 1), [new Scores(0, new[] { int.MaxValue, -2, 0 }, new[] { 0, 5, long.MinValue }, 0)]);
        var scores = new long[3];
        Assert.Equal(0, model.Predict([255, 255, 255], scores));
        Assert.Equal([255L * int.MaxValue, -505, long.MinValue], scores);
    }

    [Theory]
    [InlineData(0, 3, 3, 3)]
    [InlineData(1, 2, 3, 3)]
    [InlineData(2, 2, 2, 3)]
    [InlineData(0, 3, 2, 3)]
    public void Class_has_the_largest_score_lowest_index_among_equals(int expected, byte a, byte b, byte c)
    {
        Assert.Equal(expected, new BitModel(Build.Bytes(3, 1, 1), [Build.Scores(0, 3)]).Predict([a, b, c]));
    }

    [Fact]
    public void Class_may_have_a_negative_score()
    {
        var model = new BitModel(
            Build.Bytes(2, 1, 1),
            [new Scores(0, new[] { -3, -2 }, new[] { long.MinValue / 2, long.MinValue / 2 }, 0)]
        );
        Assert.Equal(1, model.Predict([1, 1]));
    }

    [Fact]
    public void A_combination_is_a_sum_of_values_each_times_a_factor_a_channel()
    {
        // Channels 1 2 and 3 4; their sum 4 6 is one channel that both outputs share.
        Linear sum = Build.Dense(0, 1, 1, 1, "++");
        Assert.Equal(
            [(2 * 1) + (10 * 4), (2 * 2) + (10 * 6), (-3 * 3) + (100 * 4), (-3 * 4) + (100 * 6)],
            Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (2, 1, 2), sum, new WeightedSum(new[] { 0, 1 }, new[] { 2, -3, 10, 100 }))
        );
        // Two channels for four outputs: the first belongs to the first two.
        Assert.Equal(
            [1, 10, 300, 3000],
            Build.Run(Build.Bytes(2, 1, 1), [1, 3], (4, 1, 1), new WeightedSum(new[] { 0 }, new[] { 1, 10, 100, 1000 }))
        );
    }

    [Fact]
    public void Channels_of_several_values_one_after_another()
    {
        var pool = new MaxPool(0, 1, 1);
        Assert.Equal([1, 2, 3, 4, 1, 2, 3, 4], Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (4, 1, 2), pool, new Concat(new[] { 0, 1 })));
        // Signs of different channels; and codes of 2 bits and of 8.
        Linear sum = Build.Dense(1, 1, 1, 1, "++");
        Operation[] signs = [Build.Threshold(0, 3, 3), sum, Build.Threshold(2, 1), new Concat(new[] { 3, 1 })];
        Assert.Equal([-1, -1, -1, 1, 1, -1], Build.Run(Build.Bytes(2, 1, 2), [1, 3, 4, 2], (3, 1, 2), signs));
        var quantize = new Quantize(0, 2, new[] { 1, 2, 3 }, new bool[1]);
        BitModel mixed = Build.Model(Build.Bytes(1, 1, 1), (2, 1, 1), quantize, new Concat(new[] { 1, 0 }));
        Assert.Equal([3, 200], mixed.Trace([200])[2]);
        Assert.Equal((8, 0, 255), (mixed.Values[2].Bits, mixed.Values[2].Minimum, mixed.Values[2].Maximum));
    }

    [Fact]
    public void Twice_as_many_rows_and_columns()
    {
        int[] codes = Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, 4], (2, 2, 4), new Upsample(0));
        Assert.Equal([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], codes);
        int[] signs = Build.Run(Build.Bytes(1, 2, 1), [9, 1], (1, 4, 2), Build.Threshold(0, 5), new Upsample(1));
        Assert.Equal([1, 1, 1, 1, -1, -1, -1, -1], signs);
    }

    [Fact]
    public void A_slice_is_some_elements_in_another_shape()
    {
        int[] codes = Build.Run(Build.Bytes(2, 1, 3), [1, 2, 3, 4, 5, 6], (2, 2, 1), new Slice(0, 1, new Shape(2, 2, 1)));
        Assert.Equal([2, 3, 4, 5], codes);
    }

    [Fact]
    public void An_embedding_adds_the_row_that_an_element_chooses()
    {
        // Rows (10, 20), (-30, 40), (50, -60); elements beyond choose the last one.
        foreach ((byte element, int[] added) in new[] { ((byte)0, new[] { 10, 20 }), (1, [-30, 40]), (2, [50, -60]), (200, [50, -60]) })
        {
            var embedding = new AddEmbedding(0, 0, 3, new[] { 10, 20, -30, 40, 50, -60 });
            int[] sums = Build.Run(Build.Bytes(2, 1, 2), [1, 2, 3, element], (2, 1, 2), embedding);
            Assert.Equal([1 + added[0], 2 + added[0], 3 + added[1], element + added[1]], sums);
        }
    }

    [Fact]
    public void A_code_is_the_number_of_thresholds_reached()
    {
        byte[] pixels = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5];
        var quantize = new Quantize(0, 2, new[] { 2, 4, 4, 1, 3, 9 }, new[] { false, true });
        Assert.Equal([0, 1, 1, 3, 3, 2, 2, 1, 1, 1], Build.Run(Build.Bytes(2, 1, 5), pixels, (2, 1, 5), quantize));
        // The planes of the codes 0 1 1 3 3 2 2 1 1 1.
        Assert.Equal([-1, 1, 1, 1, 1, -1, -1, 1, 1, 1], Build.Run(Build.Bytes(2, 1, 5), pixels, (2, 1, 5), quantize, new BitPlane(1, 0)));
        Assert.Equal(
            [-1, -1, -1, 1, 1, 1, 1, -1, -1, -1],
            Build.Run(Build.Bytes(2, 1, 5), pixels, (2, 1, 5), quantize, new BitPlane(1, 1))
        );
    }

    [Fact]
    public void A_table_gives_a_code_for_a_code()
    {
        byte[] table = [.. Enumerable.Range(0, 256).Select(c => (byte)(255 - c))];
        Assert.Equal([255, 155, 0], Build.Run(Build.Bytes(3, 1, 1), [0, 100, 255], (3, 1, 1), new Lookup(0, table)));
        Assert.Equal([9, 7], Build.Run(new ModelInput(1, 1, 2, 1, 1), [0, 5], (1, 1, 2), new Lookup(0, new byte[] { 9, 7 })));
    }

    [Fact]
    public void Two_slopes_meet_at_the_break()
    {
        // Below 10: (x - 3) >> 1, which rounds down; from 10 on 3x >> 1. The other channel leaves 16 bits on both sides.
        var slopes = new PiecewiseLinear(
            0,
            new[] { 10, 2 },
            new[] { 1, -40_000 },
            new[] { -3L, 0 },
            new[] { 3, 40_000 },
            new[] { 0L, 0 },
            1
        );
        Assert.Equal(
            [-2, 3, 15, 16, -20_000, short.MaxValue, short.MaxValue, short.MaxValue],
            Build.Run(Build.Bytes(2, 1, 4), [0, 9, 10, 11, 1, 2, 3, 255], (2, 1, 4), slopes)
        );
        Assert.Equal(
            [short.MinValue],
            Build.Run(
                Build.Bytes(1, 1, 1),
                [9],
                (1, 1, 1),
                slopes with
                {
                    Breaks = new[] { 99 },
                    LowMultipliers = new[] { -40_000 },
                    LowOffsets = new[] { 0L },
                    HighMultipliers = new[] { 0 },
                    HighOffsets = new[] { 0L },
                }
            )
        );
    }
}
