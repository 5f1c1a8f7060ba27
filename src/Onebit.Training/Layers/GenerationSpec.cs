namespace Onebit.Training;

/// <summary>
/// Generation instead of classification: a diffusion model (Ho, Jain &amp; Abbeel 2020) that predicts the clean image from a noisy one,
/// told the class and the noise level.
/// </summary>
/// <param name="Levels">Noise levels, see <see cref="NoiseSchedule"/>; samplers use all of them or some.</param>
/// <param name="ClassDropout">
/// Share of the training images whose class the network is not told, 0 to below 1. It so learns to denoise without a class too, which
/// guidance needs of a teacher (Ho &amp; Salimans 2022).
/// </param>
/// <param name="Guidance">
/// w of classifier-free guidance, at least 0 (Ho &amp; Salimans 2022). What teachers predict is <c>(1 + w) c - w u</c>, clipped to the
/// range of pixels. c is the prediction with the class, u the one without. The student learns it, so sampling runs one network (Meng et al.
/// 2023).
/// </param>
/// <param name="Pixels">
/// What is drawn. Default: <see cref="GeneratedPixels.Bytes"/>. Bits are drawn without a class, and their noise flips them (Austin et al.
/// 2021). The network's output, times 4, then is the logit of each.
/// </param>
public sealed record GenerationSpec(
    int Levels = 20,
    double ClassDropout = 0,
    double Guidance = 0,
    GeneratedPixels Pixels = GeneratedPixels.Bytes
)
{
    /// <summary>The network is told a class.</summary>
    internal bool HasClasses => Pixels != GeneratedPixels.Bits;

    /// <summary>The noise of each level.</summary>
    internal NoiseSchedule Schedule =>
        Pixels == GeneratedPixels.Bits ? new NoiseSchedule(NoiseSchedule.Cosine(Levels).Signal) : NoiseSchedule.Cosine(Levels);
}

/// <summary>What the pixels of generated images are.</summary>
public enum GeneratedPixels
{
    /// <summary>Bytes, with Gaussian noise.</summary>
    Bytes,

    /// <summary>
    /// Bits, which noise flips. Those of the training images are 1 with probability <c>byte / 255</c>, drawn anew each time.
    /// </summary>
    Bits,
}
