namespace Onebit.Study;

/// <summary>
/// How good generated images are, beside the same figures of real images. Figures compare within one
/// <see cref="GenerationReference"/>: with its feature extractor, its classifier and its numbers of images.
/// </summary>
/// <param name="FeatureDistance">
/// Fréchet distance of the samples' features to those of the test images, in squared units of the features.
/// </param>
/// <param name="FeatureDistanceToTraining">The same to all training images.</param>
/// <param name="FeatureDistanceFloor">
/// The distance of real images: as many training images, the first of each class, to the test images. No sampler need be better.
/// </param>
/// <param name="ClassAccuracy">The share of samples in which the other classifier finds the class asked for, 0 to 1.</param>
/// <param name="ClassAccuracyOfTest">The same of the test images.</param>
/// <param name="Precision">The share of samples inside the manifold of the test images, 0 to 1.</param>
/// <param name="Recall">The share of test images inside the manifold of the samples, 0 to 1.</param>
/// <param name="PrecisionOfTraining">Precision of the floor's training images.</param>
/// <param name="RecallOfTraining">Recall of the floor's training images.</param>
/// <param name="NearestTraining">How near the samples are to training images of their class.</param>
/// <param name="NearestTrainingOfTest">The same of the test images: samples that are nearer are copies.</param>
public sealed record GenerationMeasures(
    double FeatureDistance,
    double FeatureDistanceToTraining,
    double FeatureDistanceFloor,
    double ClassAccuracy,
    double ClassAccuracyOfTest,
    double Precision,
    double Recall,
    double PrecisionOfTraining,
    double RecallOfTraining,
    NearestDistances NearestTraining,
    NearestDistances NearestTrainingOfTest
);
