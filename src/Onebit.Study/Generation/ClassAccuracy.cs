using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// How often a classifier finds the class that was asked for. It must be another one than gives the features or guides the training, or
/// the samples may please it alone.
/// </summary>
internal static class ClassAccuracy
{
    /// <summary>The share of images whose label the classifier gives, 0 to 1.</summary>
    /// <param name="classifier">A packed model of the images' size.</param>
    /// <param name="images">Their labels are the classes asked for.</param>
    internal static double Of(BitModel classifier, ImageSet images) =>
        Evaluation.AccuracyOf(images.Labels.Span, ModelPredictions.Of(classifier, images));
}
