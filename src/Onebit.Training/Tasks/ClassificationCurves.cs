namespace Onebit.Training;

/// <summary>The curves of a classifier, of the validation images with float batch normalization.</summary>
public static class ClassificationCurves
{
    internal const string ValidationLossName = "validationLoss",
        ValidationAccuracyName = "validationAccuracy";

    /// <summary>The three curves.</summary>
    public static TrainingCurves Of(List<double> trainLoss, List<double> validationLoss, List<double> validationAccuracy) =>
        new()
        {
            [TrainingCurves.TrainLossName] = trainLoss,
            [ValidationLossName] = validationLoss,
            [ValidationAccuracyName] = validationAccuracy,
        };

    extension(TrainingCurves curves)
    {
        /// <summary>Mean cross-entropy.</summary>
        public List<double> ValidationLoss => curves[ValidationLossName];

        /// <summary>Fraction right.</summary>
        public List<double> ValidationAccuracy => curves[ValidationAccuracyName];
    }
}
