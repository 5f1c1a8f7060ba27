namespace Onebit.Study;

/// <summary>A classifier by clustering.</summary>
/// <param name="K">Clusters.</param>
/// <param name="Accuracy">Fraction of the test images whose cluster is named after their class.</param>
/// <param name="Seconds">What finding the centroids took.</param>
public sealed record KMeansPoint(int K, double Accuracy, double Seconds);
