using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Draws images with a trained diffusion model: DDIM without noise between the steps (Song, Meng &amp; Ermon 2021, section 4.1). From level
/// t to level s, <c>x = a image + b x</c> with <c>b = noise[s] / noise[t]</c> and <c>a = signal[s] - b signal[t]</c>, where image is what
/// the network predicts, clipped to -1 to 1.
/// </summary>
public static class Sampler
{
    /// <summary>One image for each class of a batch.</summary>
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
        var schedule = new NoiseSchedule(network.Levels);
        IReadOnlyList<int> levels = schedule.Visited(steps);
        Tensor x = noise,
            image = x;
        for (int k = 0; k < steps; k++)
        {
            int level = levels[k],
                next = k + 1 < steps ? levels[k + 1] : 0;
            image = network.Denoise(x, full_like(classes, level), classes).clamp(-1, 1);
            double b = schedule.Noise[next] / schedule.Noise[level];
            x = image * (schedule.Signal[next] - b * schedule.Signal[level]) + x * b;
        }

        return image.MoveToOuterDisposeScope();
    }
}
