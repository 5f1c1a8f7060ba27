namespace Onebit.Study.Tests;

public class ActivationMemoryTests
{
    [Fact]
    public void A_layer_is_fused_with_what_follows_it()
    {
        // 36 pixels; 4 x 4 x 4 sums that pooling sees as they come; 4 x 2 x 2 codes of 8 bits; 10 sums that the scores see.
        var builder = new ModelBuilder(new ModelInput(1, 6, 6, 8, 0));
        int value = builder.Append(new Linear(0, 4, 3, 3, 1, 0, 1, new byte[5]));
        value = builder.Append(new MaxPool(value, 2, 2));
        value = builder.Append(new Requantize(value, Ones(4), new long[4], Shift: 9, OutputBits: 8));
        value = builder.Append(new Linear(value, 10, 2, 2, 1, 0, 1, new byte[20]));
        builder.Append(new Scores(value, Ones(10), new long[10], 3));
        // The pixels and 16 codes; then these and 10 scores of 4 bytes, as far as ValueInfo knows them.
        Assert.Equal(Math.Max(36 + 16, 16 + 10 * ScoreBytes(builder)), ActivationMemory.Peak(builder.Build()));
    }

    [Fact]
    public void What_has_two_readers_is_held_until_the_second_is_done()
    {
        // A residual path around the second layer: 25 pixels, 9 signs, 9 sums of 5 bits that both the path and the sign read.
        var builder = new ModelBuilder(new ModelInput(1, 5, 5, 1, 128));
        int sums = builder.Append(new Linear(0, 1, 3, 3, 1, 0, 1, new byte[2]));
        int signs = builder.Append(new Threshold(sums, new int[1], new bool[1]));
        int inner = builder.Append(new Linear(signs, 1, 3, 3, 1, 1, 1, new byte[2]));
        int joint = builder.Append(new Add(inner, sums));
        int outer = builder.Append(new Threshold(joint, new int[1], new bool[1]));
        int last = builder.Append(new Linear(outer, 2, 3, 3, 1, 0, 1, new byte[3]));
        builder.Append(new Scores(last, Ones(2), new long[2], 3));
        // Pixels of one bit (4 bytes) and sums (9); sums and signs (2); sums, signs and the joint's signs (2).
        Assert.Equal(13, ActivationMemory.Peak(builder.Build()));
    }

    private static int[] Ones(int count) => [.. Enumerable.Repeat(1, count)];

    private static int ScoreBytes(ModelBuilder builder) =>
        builder.Values[^1].Bits switch
        {
            <= 8 => 1,
            <= 16 => 2,
            _ => 4,
        };
}
