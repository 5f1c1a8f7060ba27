namespace Onebit;

/// <summary>What a diffusion model reads beside the noisy image: which noise level it has, and what it is to show.</summary>
public sealed class DiffusionInput
{
    /// <summary>Elements of value 0 behind those of the noisy image: the noise level less 1, and the class.</summary>
    public const int Conditions = 2;

    /// <summary>Levels and classes.</summary>
    /// <param name="schedule">The noise levels.</param>
    /// <param name="classes">Number of classes, 1 to 32,767, as value 0 has 16 bits. A model without classes has 1.</param>
    /// <exception cref="InvalidDataException">There are fewer or more classes.</exception>
    public DiffusionInput(NoiseSchedule schedule, int classes)
    {
        if (classes is < 1 or > short.MaxValue)
        {
            throw new InvalidDataException("A diffusion model has 1 to 32767 classes.");
        }

        (Schedule, Classes) = (schedule, classes);
    }

    /// <summary>The noise levels.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }
}
