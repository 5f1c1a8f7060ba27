namespace Onebit.Training;

/// <summary>
/// Generation instead of classification: a diffusion model (Ho, Jain &amp; Abbeel 2020) that predicts the clean image from a noisy one,
/// told the class and the noise level.
/// </summary>
/// <param name="Levels">Noise levels, see <see cref="NoiseSchedule"/>; samplers use all of them or some.</param>
public sealed record GenerationSpec(int Levels = 20);
