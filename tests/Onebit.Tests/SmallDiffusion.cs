namespace Onebit.Tests;

/// <summary>Small diffusion models.</summary>
internal static class SmallDiffusion
{
    public const int Size = 6,
        Levels = 5,
        Classes = 3;

    public static ModelInput Bits(int[] signal, int classes = 1) =>
        new(1, Size, Size, 1, 0) { Diffusion = new DiffusionInput(new NoiseSchedule(signal), classes) };

    public static ModelInput Input => new(1, Size, Size, 16, 0) { Diffusion = new DiffusionInput(NoiseSchedule.Cosine(Levels), Classes) };

    /// <summary>Two convolutions with a residual path, told level and class.</summary>
    public static BitModel Denoiser(Random random, string[]? names = null, int bits = 16)
    {
        const int Channels = 5;
        int[] Table(int rows) => Build.Many(rows * Channels, () => random.Next(-90, 90));
        return new BitModel(
            bits == 1 ? Bits(NoiseSchedule.Cosine(Levels).Signal.ToArray(), Classes) : Input,
            [
                new Slice(0, 0, new Shape(1, Size, Size)),
                bits == 1
                    ? new Threshold(1, new[] { 0 }, new[] { false })
                    : new Requantize(1, new[] { 1 }, new[] { (128L << 7) + 64 }, 7, 8),
                new Linear(2, Channels, 3, 3, 1, 1, 1, Build.Weights(random, Channels * 9)),
                new Requantize(3, Build.Many(Channels, () => random.Next(5, 20)), Build.Repeat(0L, Channels), 6, 16),
                new AddEmbedding(4, 0, Size * Size, Table(Levels)),
                new AddEmbedding(5, 0, Size * Size + 1, Table(Classes)),
                new Requantize(6, Build.Repeat(1, Channels), Build.Repeat(0L, Channels), 0, 8),
                new Linear(7, 1, 3, 3, 1, 1, 1, Build.Weights(random, Channels * 9)),
                new Requantize(8, new[] { 1 }, new[] { -300L }, 0, 16),
            ],
            names
        );
    }
}
