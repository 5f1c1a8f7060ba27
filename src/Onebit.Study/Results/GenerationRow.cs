using System.Diagnostics.CodeAnalysis;

namespace Onebit.Study;

/// <summary>What a diffusion model draws. Distances are explained at <see cref="GenerationMeasures"/>.</summary>
public sealed record GenerationRow : DiffusionRow
{
    /// <summary>A row without values.</summary>
    public GenerationRow() { }

    /// <summary>A row, to which the caller adds all measures.</summary>
    [SetsRequiredMembers]
    internal GenerationRow(DiffusionRow row)
        : base(row) => NearestTrainingByClass = [];

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
}
