using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Draws images with a trained diffusion model: DDIM without noise between the steps (Song, Meng &amp; Ermon 2021, section 4.1). From level
/// t to level s, <c>x = a image + b x</c> with <c>b = noise[s] / noise[t]</c> and <c>a = signal[s] - b signal[t]</c>, where image is what
/// the network predicts, clipped to -1 to 1.
/// </summary>
public static class Sampler
{
    /// <summary>One image for each class of a batch, in full precision.</summary>
    /// <param name="network">A trained diffusion model, in evaluation mode.</param>
    /// <param name="noise">Gaussian noise of variance 1, batch x channels x height x width.</param>
    /// <param name="classes">The class of each image, int64.</param>
    /// <param name="steps">How often the network runs: 1 to its levels.</param>
    /// <returns>Pixels from -1 to 1.</returns>
    public static Tensor Sample(Network network, Tensor noise, Tensor classes, int steps)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(noise);
        ArgumentNullException.ThrowIfNull(classes);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var schedule = NoiseSchedule.Cosine(network.Levels);
        int[] levels = schedule.Visited(steps);
        Tensor x = noise,
            image = x;
        for (int k = 0; k < steps; k++)
        {
            int level = levels[k],
                next = k + 1 < steps ? levels[k + 1] : 0;
            image = network.Denoise(x, full_like(classes, level), classes).clamp(-1, 1);
            (int a, int b) = schedule.Step(level, next);
            x = image * Math.ScaleB(a, -NoiseSchedule.FractionBits) + x * Math.ScaleB(b, -NoiseSchedule.FractionBits);
        }

        return image.MoveToOuterDisposeScope();
    }

    /// <summary>One image for each class of a batch, with the torch form of a packed model: the same integers as the runtime's.</summary>
    /// <param name="model">A diffusion model's torch form.</param>
    /// <param name="seeds">The seed of each image's noise.</param>
    /// <param name="classes">The class of each.</param>
    /// <param name="steps">How often the model runs.</param>
    /// <returns>Bytes, batch x channels x height x width.</returns>
    public static Tensor Sample(TorchBitModel model, IReadOnlyList<long> seeds, IReadOnlyList<int> classes, int steps)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(classes);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        ModelInput input = model.Input;
        NoiseSchedule schedule = input.Diffusion!.Schedule;
        Tensor state = InCodes(seeds, input.Shape.Count),
            chosen = tensor(classes.Select(c => (long)c).ToArray());
        int[] levels = schedule.Visited(steps);
        const int One = 1 << Generator.FractionBits;
        for (int k = 0; k < steps; k++)
        {
            int level = levels[k],
                next = k + 1 < steps ? levels[k + 1] : 0;
            Tensor image = model.DenoiseCodes(state, full_like(chosen, level), chosen).flatten(1).to(ScalarType.Int64).clamp(-One, One);
            (int a, int b) = schedule.Step(level, next);
            state = (image * a + state * b + (1 << NoiseSchedule.FractionBits - 1))
                .bitwise_right_shift(tensor((long)NoiseSchedule.FractionBits))
                .clamp(short.MinValue, short.MaxValue);
        }

        Tensor pixels = ((state.clamp(-One, One) + One) * 255 + One).bitwise_right_shift(tensor(Generator.FractionBits + 1L));
        return pixels.to(ScalarType.Byte).view(-1, input.Channels, input.Height, input.Width).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The noise of seeds as <see cref="Sample(Network, Tensor, Tensor, int)"/> reads it: the same that packed models begin with.
    /// </summary>
    /// <param name="seeds">One per image.</param>
    /// <param name="shape">The shape of an image.</param>
    /// <returns>batch x channels x height x width.</returns>
    public static Tensor Noise(IReadOnlyList<long> seeds, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        return InCodes(seeds, shape.Count)
            .to(ScalarType.Float32)
            .mul_(Math.ScaleB(1, -Generator.FractionBits))
            .view(-1, shape.Channels, shape.Height, shape.Width);
    }

    private static Tensor InCodes(IReadOnlyList<long> seeds, int count)
    {
        int[] noise = new int[seeds.Count * count];
        for (int i = 0; i < seeds.Count; i++)
        {
            Generator.FillNoise(seeds[i], noise.AsSpan(i * count, count));
        }

        return tensor(noise.Select(n => (long)n).ToArray(), [seeds.Count, count]);
    }
}
