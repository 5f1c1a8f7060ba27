namespace Onebit.Study;

/// <summary>
/// A test image that clustering gets wrong or is unsure of. Distances are Euclidean, a white pixel being 1 from a black one.
/// </summary>
/// <param name="Index">Of the test image.</param>
/// <param name="TrueClass">Its label.</param>
/// <param name="Cluster">The nearest cluster.</param>
/// <param name="ClusterClass">The class that cluster is named after.</param>
/// <param name="Distance">To its centroid.</param>
/// <param name="OtherCluster">The nearest cluster named after another class; -1 where there is none.</param>
/// <param name="OtherClass">The class that one is named after; -1 where there is none.</param>
/// <param name="OtherDistance">To its centroid; 0 where there is none.</param>
public sealed record ClusterDoubt(
    int Index,
    int TrueClass,
    int Cluster,
    int ClusterClass,
    double Distance,
    int OtherCluster,
    int OtherClass,
    double OtherDistance
)
{
    /// <summary>The cluster is named after the image's class.</summary>
    public bool Right => TrueClass == ClusterClass;

    // Below 0 a mistake, and the lower the surer; above 0 right, and the higher the surer.
    internal double Margin => (Right ? 1 : -1) * (OtherDistance - Distance);
}
