namespace Onebit;

/// <summary>What a diffusion model reads beside the noisy image: which noise level it has, and what it is to show.</summary>
/// <param name="Schedule">The noise levels.</param>
/// <param name="Classes">Number of classes, at least 1.</param>
public sealed record DiffusionInput(NoiseSchedule Schedule, int Classes)
{
    /// <summary>The most classes: value 0 has 16 bits.</summary>
    internal const int MaxClasses = short.MaxValue;

    /// <summary>Elements of value 0 behind those of the noisy image: the noise level less 1, and the class.</summary>
    public const int Conditions = 2;
}
