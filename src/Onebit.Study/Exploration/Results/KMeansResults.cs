using System.Text.Json.Serialization;

namespace Onebit.Study;

/// <summary>k-means with as many clusters as there are classes, on test images that it was not fitted to.</summary>
/// <param name="K">Clusters.</param>
/// <param name="ClusteredImages">Training images that the centroids were found on.</param>
/// <param name="Accuracy">Fraction of the test images whose cluster is named after their class.</param>
/// <param name="Purity">As <see cref="ClusterTable.Purity"/>.</param>
/// <param name="AdjustedRandIndex">As <see cref="ClusterTable.AdjustedRandIndex"/>.</param>
/// <param name="NormalizedMutualInformation">As <see cref="ClusterTable.NormalizedMutualInformation"/>.</param>
/// <param name="ClusterClass">The class that each cluster mostly holds among the training images.</param>
/// <param name="Table">Test images: row = cluster, column = class.</param>
/// <param name="Curve">The same for more clusters.</param>
/// <param name="Log">Test images it gets wrong, the surest mistakes first, then those it only just gets right.</param>
public sealed record KMeansResults(
    int K,
    int ClusteredImages,
    double Accuracy,
    double Purity,
    double AdjustedRandIndex,
    double NormalizedMutualInformation,
    IReadOnlyList<int> ClusterClass,
    int[][] Table,
    IReadOnlyList<KMeansPoint> Curve,
    IReadOnlyList<ClusterDoubt> Log
)
{
    /// <summary>The centroids, pixels 0 to 1; pictures on the page.</summary>
    [JsonIgnore]
    public IReadOnlyList<float[]> Centroids { get; init; } = [];
}
