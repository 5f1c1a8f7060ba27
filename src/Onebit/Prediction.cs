namespace Onebit;

/// <summary>What a model says of one image.</summary>
/// <param name="Class">The class, the lowest of those with the largest score.</param>
/// <param name="Label">What the class is called.</param>
/// <param name="Probability">
/// Softmax of the scores at this class. It is for display, in floating point, and it is not calibrated: it does not say how often the
/// model is right.
/// </param>
public readonly record struct Prediction(int Class, string Label, double Probability);
