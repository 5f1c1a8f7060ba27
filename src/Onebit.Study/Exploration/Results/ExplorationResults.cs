using System.Text.Json;

namespace Onebit.Study;

/// <summary>Everything that looking at a data set found: the content of <c>explore.json</c>, schema 1 (docs/explore.md).</summary>
/// <param name="Schema">1.</param>
/// <param name="Dataset">The data.</param>
/// <param name="Seed">Of samples, clusters and first positions.</param>
/// <param name="Kmeans">What clustering sees.</param>
/// <param name="Tsne">The picture of many points.</param>
/// <param name="SmallTsne">The picture of ten points a class.</param>
/// <param name="Readings">How closely each class lies together, over several seeds: few points, then many.</param>
/// <param name="Classifiers">Everything that classified the test images.</param>
/// <param name="Pairs">Every pair of classes, the most confused first.</param>
/// <param name="HardSet">The hard test images; null where none are known and none were asked for.</param>
public sealed record ExplorationResults(
    int Schema,
    DatasetInfo Dataset,
    int Seed,
    KMeansResults Kmeans,
    TSnePicture Tsne,
    TSnePicture SmallTsne,
    IReadOnlyList<TSneReading> Readings,
    IReadOnlyList<ClassifierResult> Classifiers,
    IReadOnlyList<ClassPair> Pairs,
    HardSetResults? HardSet
)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "explore.json";

    /// <summary>As results.json, but in one line: it holds long lists.</summary>
    public static JsonSerializerOptions Json { get; } = new(StudyResults.Json) { WriteIndented = false };

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");
}
