using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Draws images with a trained diffusion model, by the steps of <see cref="NoiseSchedule.Step"/> and the noise of
/// <see cref="Generator.FillNoise"/>.
/// </summary>
public static class Sampler
{
    /// <summary>One image for each class of a batch, in full precision.</summary>
    /// <param name="network">A trained diffusion model, in evaluation mode.</param>
    /// <param name="seeds">The seed of each image's noise.</param>
    /// <param name="classes">The class of each.</param>
    /// <param name="steps">How often the network runs: 1 to its levels.</param>
    /// <returns>Pixels from -1 to 1, batch x channels x height x width.</returns>
    public static Tensor Sample(Network network, IReadOnlyList<long> seeds, IReadOnlyList<int> classes, int steps)
    {
        ArgumentNullException.ThrowIfNull(network);
        double one = Math.ScaleB(1, NoiseSchedule.FractionBits);
        return Sample(
            NoiseSchedule.Cosine(network.Generation!.Levels),
            network.Input,
            seeds,
            classes,
            steps,
            codes => codes.to(ScalarType.Float32).mul_(Math.ScaleB(1, -Generator.FractionBits)),
            (x, levels, chosen) => network.Denoise(x, levels, chosen).clamp(-1, 1),
            (image, a, state, b, noise, c) => image * (a / one) + state * (b / one) + noise * (c / one)
        );
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
        const int One = 1 << Generator.FractionBits;
        using var _ = NewDisposeScope();
        Shape shape = model.Input.Shape;
        Tensor image = Sample(
            model.Input.Diffusion!.Schedule,
            shape,
            seeds,
            classes,
            steps,
            codes => codes,
            (x, levels, chosen) => model.DenoiseCodes(x.flatten(1), levels, chosen).view(x.shape).to(ScalarType.Int64).clamp(-One, One),
            (image, a, state, b, noise, c) =>
                (image * a + state * b + noise * c + (1 << NoiseSchedule.FractionBits - 1))
                    .bitwise_right_shift(tensor((long)NoiseSchedule.FractionBits))
                    .clamp(short.MinValue, short.MaxValue)
        );
        Tensor pixels = ((image + One) * 255 + One).bitwise_right_shift(tensor(Generator.FractionBits + 1L));
        return pixels.to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>The sampler: from noise, level by level, to the image that the last step predicts.</summary>
    private static Tensor Sample(
        NoiseSchedule schedule,
        Shape shape,
        IReadOnlyList<long> seeds,
        IReadOnlyList<int> classes,
        int steps,
        Func<Tensor, Tensor> fromCodes,
        Func<Tensor, Tensor, Tensor, Tensor> denoise,
        Func<Tensor, int, Tensor, int, Tensor, int, Tensor> next
    )
    {
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(classes);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Tensor chosen = tensor(classes.Select(c => (long)c).ToArray()),
            state = Noise(0);
        int[] levels = schedule.Visited(steps);
        for (int k = 0; ; k++)
        {
            using var step = NewDisposeScope();
            Tensor image = denoise(state, full_like(chosen, levels[k]), chosen);
            if (k + 1 == steps)
            {
                return image.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
            }

            (int a, int b, int c) = schedule.Step(levels[k], levels[k + 1]);
            state = next(image, a, state, b, Noise(k + 1), c).MoveToOuterDisposeScope();
        }

        Tensor Noise(int step)
        {
            int[] codes = new int[seeds.Count * shape.Count];
            for (int i = 0; i < seeds.Count; i++)
            {
                Generator.FillNoise(seeds[i], step, codes.AsSpan(i * shape.Count, shape.Count));
            }

            return fromCodes(tensor(codes, [seeds.Count, shape.Channels, shape.Height, shape.Width]).to(ScalarType.Int64));
        }
    }
}
