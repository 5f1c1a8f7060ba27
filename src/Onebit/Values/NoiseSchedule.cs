namespace Onebit;

/// <summary>
/// How noisy the images of a diffusion model are: <c>x = (Signal[l] * image + Noise[l] * e) / 2^14</c>, where e is Gaussian of variance 1
/// and l is 0 to <see cref="Levels"/>. Level 0 is the image. Of bits, noise is the probability that a bit is flipped.
/// </summary>
public sealed class NoiseSchedule
{
    /// <summary>Both arrays count in 2^-14.</summary>
    public const int FractionBits = 14;

    /// <summary>The most levels.</summary>
    public const int MaxLevels = 1000;

    private const int One = 1 << FractionBits;

    /// <summary>A schedule.</summary>
    /// <param name="signal">The factor of the image by level, from 2^14 on, none larger than the one before, none negative.</param>
    /// <param name="noise">
    /// The factor of the noise by level, from 0 on, none smaller than the one before, that of level 1 above 0, none above 2^14.
    /// </param>
    /// <exception cref="InvalidDataException">The numbers are not so.</exception>
    public NoiseSchedule(ReadOnlyMemory<int> signal, ReadOnlyMemory<int> noise)
    {
        (Signal, Noise) = (signal.ToArray(), noise.ToArray());
        ReadOnlySpan<int> s = Signal.Span,
            n = Noise.Span;
        bool good = s.Length == n.Length && s.Length is >= 2 and <= MaxLevels + 1 && s[0] == One && n[0] == 0 && s[^1] >= 0 && n[^1] <= One;
        for (int l = 1; good && l < s.Length; l++)
        {
            good = s[l] <= s[l - 1] && n[l] >= n[l - 1] && n[l] > 0;
        }

        if (!good)
        {
            throw new InvalidDataException(
                $"A noise schedule has 1 to {MaxLevels} levels, its signal falls from {One} to 0 or more, and its noise rises from 0 to at "
                    + $"most {One}."
            );
        }
    }

    /// <summary>A schedule of bits, which are flipped with probability <c>(1 - signal) / 2</c>.</summary>
    /// <param name="signal">As above; that of level 1 is below 2^14.</param>
    /// <exception cref="InvalidDataException">The numbers are not so.</exception>
    public NoiseSchedule(ReadOnlyMemory<int> signal)
        : this(signal, Flips(signal.ToArray())) { }

    /// <summary>The factor of the image by level.</summary>
    public ReadOnlyMemory<int> Signal { get; }

    /// <summary>The factor of the noise by level.</summary>
    public ReadOnlyMemory<int> Noise { get; }

    /// <summary>The number of noisy levels.</summary>
    public int Levels => Signal.Length - 1;

    /// <summary>
    /// The angle grows evenly: the signal is <c>cos(l / levels * pi / 2)</c> and the noise its sine, so the last level is noise alone
    /// (Nichol &amp; Dhariwal 2021, section 3.2, without offset).
    /// </summary>
    /// <param name="levels">1 to <see cref="MaxLevels"/>.</param>
    public static NoiseSchedule Cosine(int levels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, MaxLevels);
        int[] signal = new int[levels + 1],
            noise = new int[levels + 1];
        for (int l = 0; l <= levels; l++)
        {
            double angle = Math.PI / 2 * l / levels;
            (signal[l], noise[l]) = ((int)Math.Round(Math.Cos(angle) * One), (int)Math.Round(Math.Sin(angle) * One));
        }

        return new NoiseSchedule(signal, noise);
    }

    /// <summary>The levels that a sampler of so many steps visits, the last one first, spread evenly.</summary>
    /// <param name="steps">1 to <see cref="Levels"/>.</param>
    public int[] Visited(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, Levels);
        var levels = new int[steps];
        for (int k = 0; k < steps; k++)
        {
            // Half up.
            levels[k] = (2 * Levels * (steps - k) + steps) / (2 * steps);
        }

        return levels;
    }

    /// <summary>
    /// A step of the sampler of Ho, Jain &amp; Abbeel 2020 (algorithm 2, with the smaller of their two variances; that of Song, Meng &amp;
    /// Ermon 2021, equation 16, with eta 1): the state at a lower level is
    /// <c>(Image * image + State * state + Noise * e + 2^13) >> 14</c>, where e is new noise. All factors count in 2^-14.
    /// </summary>
    /// <param name="from">The level of the state, from 1.</param>
    /// <param name="to">A lower level, from 0.</param>
    public (int Image, int State, int Noise) Step(int from, int to)
    {
        long signalFrom = Signal.Span[from],
            signalTo = Signal.Span[to],
            noiseFrom = Noise.Span[from],
            noiseTo = Noise.Span[to];
        // New noise: noiseTo / noiseFrom * sqrt(1 - (signalFrom / signalTo)^2). What is left of the old one keeps the variance.
        long lost = Root(signalTo * signalTo - signalFrom * signalFrom),
            divisor = Math.Max(1, noiseFrom * signalTo);
        long noise = Math.Min(noiseTo, ((noiseTo * lost << FractionBits) + divisor / 2) / divisor),
            state = ((Root(noiseTo * noiseTo - noise * noise) << FractionBits) + noiseFrom / 2) / noiseFrom;
        long image = signalTo - ((state * signalFrom + One / 2) >> FractionBits);
        return ((int)image, (int)state, (int)noise);
    }

    private static int[] Flips(int[] signal)
    {
        foreach (ref int s in signal.AsSpan())
        {
            s = (One - s + 1) / 2;
        }

        return signal;
    }

    /// <summary>The root, rounded down. A double holds numbers of 28 bits and their roots exactly enough.</summary>
    private static long Root(long number) => (long)Math.Sqrt(number);
}
