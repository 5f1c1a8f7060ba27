namespace Onebit.Tests;

/// <summary>Small models, written so that a test shows what matters.</summary>
internal static class Build
{
    /// <summary>Weights or flags written as + and -, packed; anything else is ignored.</summary>
    public static byte[] Signs(string signs)
    {
        char[] all = [.. signs.Where(sign => sign is '+' or '-')];
        var packed = new byte[(all.Length + 7) / 8];
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i] == '+')
            {
                packed[i / 8] |= (byte)(1 << i % 8);
            }
        }

        return packed;
    }

    /// <summary>Weights at random, the unused bits 0.</summary>
    public static byte[] Weights(Random random, int count)
    {
        var packed = new byte[(count + 7) / 8];
        random.NextBytes(packed);
        if (count % 8 != 0)
        {
            packed[^1] &= (byte)((1 << count % 8) - 1);
        }

        return packed;
    }

    public static ModelInput Bytes(int channels, int height, int width) => new(channels, height, width, 8, 0);

    public static Linear Dense(int input, int outputs, int height, int width, string weights) =>
        new(input, outputs, height, width, 1, 0, 1, Signs(weights));

    public static Threshold Threshold(int input, params int[] thresholds) => new(input, thresholds, new bool[thresholds.Length]);

    /// <summary>Turns codes of 8 bits into integers: x - 128.</summary>
    public static Requantize Centered(int input, int channels) => new(input, Repeat(1, channels), Repeat(-128L, channels), 0, 16);

    public static Scores Scores(int input, int classes) => new(input, Repeat(1, classes), new long[classes], 0);

    /// <summary>A model of the operations given, with an ending that can follow a value of any kind and the given shape.</summary>
    public static BitModel Model(ModelInput input, (int Channels, int Height, int Width) output, params Operation[] operations)
    {
        (int channels, int height, int width) = output;
        int last = operations.Length;
        return new BitModel(
            input,
            [
                .. operations,
                Threshold(last, new int[channels]),
                new Linear(last + 1, 2, height, width, 1, 0, 1, new byte[(2 * channels * height * width + 7) / 8]),
                Scores(last + 2, 2),
            ]
        );
    }

    /// <summary>What the last of the operations gives.</summary>
    public static int[] Run(ModelInput input, byte[] pixels, (int Channels, int Height, int Width) output, params Operation[] operations) =>
        Model(input, output, operations).Trace(pixels)[operations.Length];

    /// <summary>784-128-128-10 on pixels of one bit.</summary>
    public static BitModel Mlp(Random random) =>
        new(
            new ModelInput(1, 28, 28, 1, 128),
            [
                new Linear(0, 128, 28, 28, 1, 0, 1, Weights(random, 128 * 784)),
                RandomThreshold(1, 128),
                new Linear(2, 128, 1, 1, 1, 0, 1, Weights(random, 128 * 128)),
                RandomThreshold(3, 128),
                new Linear(4, 10, 1, 1, 1, 0, 1, Weights(random, 10 * 128)),
                new Scores(5, Many(10, () => random.Next(1 << 15)), Many(10, () => random.NextInt64(1 << 24)), 20),
            ]
        );

    /// <summary>A weighted sum of 0 or -+(2^31 - 1), whose terms have 63 bits.</summary>
    public static BitModel SumOfLargeTerms()
    {
        const int Most = int.MaxValue;
        int[] large = [1 << 30, 1 << 30];
        return new(
            new ModelInput(4, 1, 1, 1, 128),
            [
                new Slice(0, 0, new Shape(2, 1, 1)),
                new Slice(0, 2, new Shape(2, 1, 1)),
                new AddEmbedding(1, 0, 0, large),
                new AddEmbedding(2, 0, 0, large),
                new WeightedSum(new[] { 3, 4 }, new[] { Most, Most, -Most, -Most }),
                Scores(5, 2),
            ]
        );
    }

    public static T[] Many<T>(int count, Func<T> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    public static T[] Repeat<T>(T value, int count) => [.. Enumerable.Repeat(value, count)];

    // A sum of 784 or 128 signs seldom leaves +-100.
    private static Threshold RandomThreshold(int input, int channels)
    {
        var random = new Random(input);
        return new Threshold(input, Many(channels, () => random.Next(-100, 100)), Many(channels, () => random.Next(2) == 0));
    }
}
