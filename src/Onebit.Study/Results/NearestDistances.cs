namespace Onebit.Study;

/// <summary>How far images are from the nearest training image of their class; copies are at 0.</summary>
/// <param name="Pixels">
/// Per class the median distance in pixels: the root of the sum of squares of differences, a white pixel being 1. NaN: no such image.
/// </param>
/// <param name="Features">Per class the median distance in features, whose nearest image may be another one.</param>
/// <param name="MedianPixels">The median over all images.</param>
/// <param name="MedianFeatures">The median over all images.</param>
public sealed record NearestDistances(
    IReadOnlyList<double> Pixels,
    IReadOnlyList<double> Features,
    double MedianPixels,
    double MedianFeatures
);
