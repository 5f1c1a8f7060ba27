namespace Onebit.Training;

/// <summary>
/// How noisy the images of a diffusion model are: <c>x = signal[l] * image + noise[l] * e</c>, where e is Gaussian of variance 1 and l is 0
/// to levels. Level 0 is the image. The angle grows evenly: <c>signal = cos(l / levels * pi / 2)</c> and <c>noise</c> its sine, so the last
/// level is noise alone (the cosine schedule of Nichol &amp; Dhariwal 2021, section 3.2, without offset).
/// </summary>
public sealed class NoiseSchedule
{
    /// <summary>A schedule.</summary>
    /// <param name="levels">At least 1.</param>
    public NoiseSchedule(int levels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        double[] angles = [.. Enumerable.Range(0, levels + 1).Select(l => Math.PI / 2 * l / levels)];
        Signal = [.. angles.Select(Math.Cos)];
        Noise = [.. angles.Select(Math.Sin)];
    }

    /// <summary>The factor of the image by level.</summary>
    public IReadOnlyList<double> Signal { get; }

    /// <summary>The factor of the noise by level.</summary>
    public IReadOnlyList<double> Noise { get; }

    /// <summary>The number of noisy levels.</summary>
    public int Levels => Signal.Count - 1;

    /// <summary>The levels that a sampler of so many steps visits, the last one first, spread evenly.</summary>
    /// <param name="steps">1 to <see cref="Levels"/>.</param>
    public IReadOnlyList<int> Visited(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, Levels);
        return [.. Enumerable.Range(0, steps).Select(k => (int)Math.Round((double)Levels * (steps - k) / steps))];
    }
}
