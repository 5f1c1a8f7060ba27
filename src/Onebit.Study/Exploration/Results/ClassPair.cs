namespace Onebit.Study;

/// <summary>Two classes, and how often each classifier takes one for the other.</summary>
/// <param name="First">The lower class.</param>
/// <param name="Second">The higher class.</param>
/// <param name="Share">Their part in all of a classifier's mistakes, mean over the classifiers.</param>
/// <param name="Counts">Test images of one taken for the other, by classifier.</param>
/// <param name="FirstTakenForSecond">
/// Test images of the first class that most classifiers take for the second, the most confused first.
/// </param>
/// <param name="SecondTakenForFirst">The other way round.</param>
public sealed record ClassPair(
    int First,
    int Second,
    double Share,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<int> FirstTakenForSecond,
    IReadOnlyList<int> SecondTakenForFirst
);
