using System.Numerics;

namespace Onebit;

/// <summary>
/// Draws images with a packed diffusion model, in integers from the seed to the pixels: the same seed gives the same image on every
/// machine. Immutable and thread-safe.
/// </summary>
public sealed class Generator
{
    /// <summary>What the numbers of a noisy image count in: pixels from -1 to 1 are -2^12 to 2^12.</summary>
    public const int FractionBits = 12;

    private const int One = 1 << FractionBits,
        StepHalf = 1 << NoiseSchedule.FractionBits - 1;

    private readonly DiffusionInput _diffusion;

    /// <summary>Draws with a model.</summary>
    /// <exception cref="ArgumentException">The model is a classifier.</exception>
    public Generator(BitModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _diffusion =
            model.Input.Diffusion
            ?? throw new ArgumentException("The model is a classifier; give one that was trained with 'generation'.", nameof(model));
    }

    /// <summary>Receives the noisy image after a step of the sampler.</summary>
    /// <param name="step">From 0, the noise, to the number of steps, the image.</param>
    /// <param name="pixels">Channels x height x width bytes.</param>
    public delegate void StepListener(int step, ReadOnlySpan<byte> pixels);

    /// <summary>Computes a diffusion model's clean image.</summary>
    /// <param name="input">The noisy image, the noise level less 1, and the class.</param>
    /// <param name="image">Receives the image that the model predicts.</param>
    internal delegate void Denoiser(ReadOnlySpan<int> input, Span<int> image);

    /// <summary>The model.</summary>
    public BitModel Model { get; }

    /// <summary>The most steps.</summary>
    public int MaxSteps => _diffusion.Schedule.Levels;

    /// <summary>Reads a <c>.onebit</c> file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="budget">What the model may cost; null: that of <see cref="ModelBudget"/>, in proportion to the file's size.</param>
    /// <exception cref="InvalidDataException">The file is not a valid diffusion model; the message names it and says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Generator Load(string path, ModelBudget? budget = null)
    {
        BitModel model = BitModel.Load(path, budget);
        return model.Input.Diffusion is not null
            ? new Generator(model)
            : throw new InvalidDataException($"{path}: the model is a classifier, which draws nothing.");
    }

    /// <summary>Draws one image.</summary>
    /// <param name="classIndex">What to draw, 0 to <see cref="BitModel.ClassCount"/> - 1.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="pixels">Receives the image: channels x height x width bytes.</param>
    /// <param name="steps">How often the model runs, 1 to <see cref="MaxSteps"/>; null: <see cref="MaxSteps"/>.</param>
    /// <param name="listener">Receives the noisy images on the way; null: nothing does.</param>
    /// <exception cref="ArgumentException"><paramref name="pixels"/> has another length than an image.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class, or too few or too many steps.</exception>
    public void Generate(int classIndex, long seed, Span<byte> pixels, int? steps = null, StepListener? listener = null) =>
        Generate(Model.Input, Model.Denoise, classIndex, seed, pixels, steps ?? MaxSteps, listener);

    /// <summary>Draws one image with any form of a model.</summary>
    internal static void Generate(
        ModelInput input,
        Denoiser denoise,
        int classIndex,
        long seed,
        Span<byte> pixels,
        int steps,
        StepListener? listener = null
    )
    {
        (NoiseSchedule schedule, int classes) = (input.Diffusion!.Schedule, input.Diffusion.Classes);
        int count = input.Shape.Count;
        ArgumentOutOfRangeException.ThrowIfNegative(classIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(classIndex, classes);
        int[] levels = schedule.Visited(steps);
        if (pixels.Length != count)
        {
            throw new ArgumentException($"An image of {input.Shape} takes {count} bytes, not {pixels.Length}.", nameof(pixels));
        }

        int[] state = new int[count + DiffusionInput.Conditions],
            image = new int[count],
            noise = new int[count];
        bool isBits = input.Bits == 1;
        Fill(seed, 0, state.AsSpan(0, count), isBits);
        for (int i = 0; isBits && i < count; i++)
        {
            state[i] = state[i] < BitPosterior.One / 2 ? One : -One;
        }

        state[count + 1] = classIndex;
        for (int k = 0; k < steps; k++)
        {
            if (listener is not null)
            {
                ToPixels(state.AsSpan(0, count), pixels);
                listener(k, pixels);
            }

            (int level, int next) = (levels[k], k + 1 < steps ? levels[k + 1] : 0);
            state[count] = level - 1;
            denoise(state, image);
            (int ofImage, int ofState, int ofNoise) = isBits ? (0, 0, 1) : schedule.Step(level, next);
            if (ofNoise != 0)
            {
                Fill(seed, k + 1, noise, isBits);
            }

            if (!isBits)
            {
                Mix(state.AsSpan(0, count), ofState, image, ofImage, noise, ofNoise);
                continue;
            }

            for (int i = 0; i < count; i++)
            {
                state[i] = noise[i] < BitPosterior.Of(schedule, level, next, state[i] > 0, image[i]) ? One : -One;
            }
        }

        // The last factor of the state is 0 and that of the image 2^14, so the last state is the image.
        ToPixels(state.AsSpan(0, count), pixels);
        listener?.Invoke(steps, pixels);
    }

    /// <summary>The next state: what is left of this one, of the image and of new noise.</summary>
    private static void Mix(Span<int> state, int ofState, ReadOnlySpan<int> image, int ofImage, ReadOnlySpan<int> noise, int ofNoise)
    {
        int i = 0;
        for (; i <= state.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector<int> clipped = Vector.Clamp(new Vector<int>(image[i..]), new(-One), new(One)),
                sum = clipped * ofImage + new Vector<int>(state[i..]) * ofState + new Vector<int>(noise[i..]) * ofNoise;
            sum = (sum + new Vector<int>(StepHalf)) >> NoiseSchedule.FractionBits;
            Vector.Clamp(sum, new(short.MinValue), new(short.MaxValue)).CopyTo(state[i..]);
        }

        for (; i < state.Length; i++)
        {
            int sum = ofImage * Math.Clamp(image[i], -One, One) + ofState * state[i] + ofNoise * noise[i];
            state[i] = Math.Clamp((sum + StepHalf) >> NoiseSchedule.FractionBits, short.MinValue, short.MaxValue);
        }
    }

    /// <summary>
    /// The noise of a seed: Gaussian of variance 1 in 2^-12, the sum of the eight bytes of a number of SplitMix64 (Steele, Lea &amp; Flood
    /// 2014) for each element, less its mean and times <c>5017 / 2^8</c>.
    /// </summary>
    /// <param name="seed">The generator's first state.</param>
    /// <param name="step">0: what sampling begins with. k: what is added after k steps, the numbers behind those of k noises.</param>
    /// <param name="noise">Receives the numbers, within 5 deviations.</param>
    public static void FillNoise(long seed, int step, Span<int> noise) => Fill(seed, step, noise, isUniform: false);

    /// <summary>What a sampler of bits compares with probabilities: the upper 16 bits of the same numbers of SplitMix64.</summary>
    /// <param name="seed">The generator's first state.</param>
    /// <param name="step">As in <see cref="FillNoise"/>.</param>
    /// <param name="numbers">Receives the numbers, 0 to 65,535.</param>
    public static void FillUniform(long seed, int step, Span<int> numbers) => Fill(seed, step, numbers, isUniform: true);

    private static void Fill(long seed, int step, Span<int> numbers, bool isUniform)
    {
        const ulong Increment = 0x9E3779B97F4A7C15,
            EvenBytes = 0x00FF_00FF_00FF_00FF;
        const int Mean = 8 * 255 / 2,
            Scale = 5017; // 2^12 over the deviation of the sum, sqrt(8 (2^16 - 1) / 12), times 2^8.
        ulong state = unchecked((ulong)seed + (ulong)step * (ulong)numbers.Length * Increment);
        foreach (ref int number in numbers)
        {
            state = unchecked(state + Increment);
            ulong z = state;
            z = unchecked((z ^ z >> 30) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ z >> 27) * 0x94D049BB133111EB);
            z ^= z >> 31;
            // The sum of the bytes: those at even and at odd places, then the four sums of two.
            ulong pairs = (z & EvenBytes) + (z >> 8 & EvenBytes);
            int sum = (int)(unchecked(pairs * 0x0001_0001_0001_0001) >> 48);
            number = isUniform ? (int)(z >> 48) : (sum - Mean) * Scale >> 8;
        }
    }

    private static void ToPixels(ReadOnlySpan<int> state, Span<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((Math.Clamp(state[i], -One, One) + One) * byte.MaxValue + One >> FractionBits + 1);
        }
    }
}
