using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Draws images with a trained diffusion model, by the steps of <see cref="NoiseSchedule.Step"/> and the noise of
/// <see cref="Generator.FillNoise"/>. Those of bits are drawn without a class, from the numbers of <see cref="Generator.FillUniform"/>.
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
        if (network.Generation!.Pixels == GeneratedPixels.Bits)
        {
            return Sample(BitDenoiser.Of(network), network.Input, seeds, steps);
        }

        return Sample(
            network.Generation.Schedule,
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
        if (model.Input.Bits == 1)
        {
            Tensor bits = Sample(BitDenoiser.Of(model), shape, seeds, steps);
            return (bits.gt(0).to(ScalarType.Byte) * byte.MaxValue).MoveToOuterDisposeScope();
        }

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

        Tensor Noise(int step) => fromCodes(Numbers(Generator.FillNoise, seeds, step, shape));
    }

    /// <summary>The sampler of bits, -1 and +1.</summary>
    private static Tensor Sample(BitDenoiser denoiser, Shape shape, IReadOnlyList<long> seeds, int steps)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        int[] levels = denoiser.Schedule.Visited(steps);
        Tensor state = Below(0, tensor(0.5));
        for (int k = 0; k < steps; k++)
        {
            using var step = NewDisposeScope();
            Tensor from = full([seeds.Count], levels[k], ScalarType.Int64);
            Tensor to = full_like(from, k + 1 < steps ? levels[k + 1] : 0);
            state = Below(k + 1, denoiser.Step(state, from, to, denoiser.Predict(state, from))).MoveToOuterDisposeScope();
        }

        return state.MoveToOuterDisposeScope();

        Tensor Below(int step, Tensor probability) =>
            Numbers(Generator.FillUniform, seeds, step, shape).lt(probability * (1 << 16)).to(ScalarType.Float32).mul_(2).sub_(1);
    }

    /// <summary>The random numbers of a step, int64.</summary>
    private static Tensor Numbers(Fill fill, IReadOnlyList<long> seeds, int step, Shape shape)
    {
        int[] codes = new int[seeds.Count * shape.Count];
        for (int i = 0; i < seeds.Count; i++)
        {
            fill(seeds[i], step, codes.AsSpan(i * shape.Count, shape.Count));
        }

        return tensor(codes, [seeds.Count, shape.Channels, shape.Height, shape.Width]).to(ScalarType.Int64);
    }

    private delegate void Fill(long seed, int step, Span<int> numbers);
}
