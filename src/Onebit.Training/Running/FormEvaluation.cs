namespace Onebit.Training;

/// <summary>A stochastically trained network in one of its forms.</summary>
/// <param name="Form">What stands for the weights.</param>
/// <param name="Reestimated">Batch-normalization statistics were measured anew for this form.</param>
/// <param name="ValidationAccuracy">Fraction right; the packed form is chosen by it.</param>
/// <param name="TestAccuracy">Fraction right.</param>
public sealed record FormEvaluation(WeightForm Form, bool Reestimated, double ValidationAccuracy, double TestAccuracy);
