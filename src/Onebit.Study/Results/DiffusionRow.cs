using Onebit.Training;

namespace Onebit.Study;

/// <summary>A trained diffusion model and a number of steps of its sampler.</summary>
public record DiffusionRow
{
    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>The training's seed.</summary>
    public required int Seed { get; init; }

    /// <summary>32, or the planes of a weight.</summary>
    public required int WeightBits { get; init; }

    /// <summary>32, 8, or the planes of the method's own.</summary>
    public required int ActivationBits { get; init; }

    /// <summary>Images are drawn in integers, by the packed model; else on libtorch.</summary>
    public required bool Packed { get; init; }

    /// <summary>See <see cref="RunRecord.ModelBytes"/>.</summary>
    public required long ModelBytes { get; init; }

    /// <summary>Multiply-accumulates of one step for one image.</summary>
    public required long MultiplyAccumulates { get; init; }

    /// <summary>Processor time of the training.</summary>
    public required double TrainProcessorSeconds { get; init; }

    /// <summary>How often the model runs for an image.</summary>
    public required int Steps { get; init; }

    /// <summary>Time to draw one image on one thread: the Onebit runtime where packed, else ONNX Runtime's.</summary>
    public required double MillisecondsPerImage { get; init; }

    /// <summary>
    /// As many steps of the same network in float32 on ONNX Runtime, timed in turn; the sampler's own work is not counted.
    /// </summary>
    public required double OnnxRuntimeMillisecondsPerImage { get; init; }
}
