namespace Onebit.Study;

/// <summary>Something that classified the test images.</summary>
/// <param name="Name">A method's, or a model's path below the given folder.</param>
/// <param name="Accuracy">Fraction of all test images right.</param>
/// <param name="HardSetAccuracy">Of the hard ones; null where there are none.</param>
public sealed record ClassifierResult(string Name, double Accuracy, double? HardSetAccuracy);
