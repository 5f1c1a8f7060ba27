using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// A trained diffusion model and a number of steps of its sampler. Distances are explained at <see cref="GenerationMeasures"/>.
/// </summary>
public sealed record GenerationRow
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

    /// <summary>Seeds of noise, each for as many samples as the test set has images; what follows is their mean.</summary>
    public required int SamplingSeeds { get; init; }

    /// <summary>Fréchet distance of features to those of the test images.</summary>
    public required double FeatureDistance { get; init; }

    /// <summary>Its sample standard deviation over sampling seeds; 0 with one.</summary>
    public required double FeatureDistanceStd { get; init; }

    /// <summary>The same to the training images.</summary>
    public required double FeatureDistanceToTraining { get; init; }

    /// <summary>The distance of as many training images to the test images.</summary>
    public required double FeatureDistanceFloor { get; init; }

    /// <summary>The share of samples in which another classifier finds the class asked for.</summary>
    public required double ClassAccuracy { get; init; }

    /// <summary>The share of samples inside the manifold of the test images.</summary>
    public required double Precision { get; init; }

    /// <summary>The share of test images inside the manifold of the samples.</summary>
    public required double Recall { get; init; }

    /// <summary>Median distance to the nearest training image of the class, in pixels, a white one being 1.</summary>
    public required double NearestTraining { get; init; }

    /// <summary>The same of test images.</summary>
    public required double NearestTrainingOfTest { get; init; }

    /// <summary>Median distance to the nearest training image of the class, in features.</summary>
    public required double NearestTrainingInFeatures { get; init; }

    /// <summary>The same of test images.</summary>
    public required double NearestTrainingOfTestInFeatures { get; init; }

    /// <summary>Median distance in pixels by class.</summary>
    public required IReadOnlyList<double> NearestTrainingByClass { get; init; }

    /// <summary>Time to draw one image on one thread: the Onebit runtime where packed, else ONNX Runtime's.</summary>
    public required double MillisecondsPerImage { get; init; }

    /// <summary>
    /// As many steps of the same network in float32 on ONNX Runtime, timed in turn; the sampler's own work is not counted.
    /// </summary>
    public required double OnnxRuntimeMillisecondsPerImage { get; init; }
}
