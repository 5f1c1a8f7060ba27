namespace Onebit.Training;

/// <summary>One value an epoch.</summary>
/// <param name="TrainLoss">Mean cross-entropy over the epoch's batches, augmentation and dropout included.</param>
/// <param name="ValidationLoss">Cross-entropy on the validation images, float batch normalization.</param>
/// <param name="ValidationAccuracy">Fraction right on the validation images, float batch normalization.</param>
public sealed record TrainingCurves(List<double> TrainLoss, List<double> ValidationLoss, List<double> ValidationAccuracy);
