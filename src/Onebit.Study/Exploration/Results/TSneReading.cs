namespace Onebit.Study;

/// <summary>What pictures of several seeds say of each class.</summary>
/// <param name="Points">Images a picture.</param>
/// <param name="Seeds">Pictures; each has a sample of all training images and first positions of its own.</param>
/// <param name="Trustworthiness">Of each picture.</param>
/// <param name="OwnNeighbours">By class: of the 5 nearest in the picture, the share of the same class. High where a class clusters.</param>
/// <param name="Scatter">
/// By class: mean distance to the class's centre, over that of all points to theirs. High where a class is scattered.
/// </param>
public sealed record TSneReading(
    int Points,
    IReadOnlyList<int> Seeds,
    Spread Trustworthiness,
    IReadOnlyList<Spread> OwnNeighbours,
    IReadOnlyList<Spread> Scatter
);
