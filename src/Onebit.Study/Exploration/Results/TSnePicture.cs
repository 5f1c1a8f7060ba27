namespace Onebit.Study;

/// <summary>Some training images in two dimensions, as many of each class.</summary>
/// <param name="Points">Images shown.</param>
/// <param name="Perplexity">Effective number of neighbours.</param>
/// <param name="PcaDimensions">Principal components that distances were taken in; null: pixels.</param>
/// <param name="Seed">Of the first positions and, where images were drawn, of the sample.</param>
/// <param name="Iterations">Steps.</param>
/// <param name="Trustworthiness">
/// Whether neighbours in the picture are neighbours in pixels (12 of them, of fewer points fewer): 1 all.
/// </param>
/// <param name="KlDivergence">What was minimized, in nats, as it ended.</param>
/// <param name="Seconds">Time of the embedding, PCA included.</param>
/// <param name="Indices">The training images.</param>
/// <param name="Labels">Their classes.</param>
/// <param name="Embedding">Their positions, x and y.</param>
public sealed record TSnePicture(
    int Points,
    double Perplexity,
    int? PcaDimensions,
    int Seed,
    int Iterations,
    double Trustworthiness,
    double KlDivergence,
    double Seconds,
    IReadOnlyList<int> Indices,
    IReadOnlyList<int> Labels,
    IReadOnlyList<float[]> Embedding
);
