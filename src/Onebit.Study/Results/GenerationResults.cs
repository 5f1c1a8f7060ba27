using System.Text.Json;
using System.Text.Json.Serialization;

namespace Onebit.Study;

/// <summary>Everything a study of diffusion models found: the content of <c>generation.json</c> (docs/results-format.md).</summary>
/// <param name="Schema">1.</param>
/// <param name="Preset">The preset's name or folder.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Dataset">On what.</param>
/// <param name="FeatureModel">The packed classifier that gives features.</param>
/// <param name="FeatureModelSha256">SHA-256 of its file, in hexadecimal.</param>
/// <param name="FeatureDimension">Features of an image.</param>
/// <param name="ClassModel">The packed classifier that looks for the class.</param>
/// <param name="Test">What real images give: as many training images beside the test images.</param>
/// <param name="Baselines">Simple generators, by name.</param>
/// <param name="Runs">One per training and number of steps.</param>
/// <param name="Bits">One per training of a model that draws bits, and number of steps; null: there is none.</param>
/// <param name="MissingRuns">Trainings of the preset that were not finished; null: none.</param>
/// <param name="Program">What made the results, and when.</param>
/// <param name="Epochs">Of every training, where the user asked for it; null: as the experiments say.</param>
public sealed record GenerationResults(
    int Schema,
    string Preset,
    MachineInfo Machine,
    DatasetInfo Dataset,
    string FeatureModel,
    string FeatureModelSha256,
    int FeatureDimension,
    string ClassModel,
    GenerationMeasures Test,
    IReadOnlyDictionary<string, GenerationMeasures> Baselines,
    IReadOnlyList<GenerationRow> Runs,
    IReadOnlyList<BitGenerationRow>? Bits,
    IReadOnlyList<MissingRun>? MissingRuns,
    ProgramInfo Program,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Epochs = null
)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "generation.json";

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, StudyResults.Json) + "\n");
}
