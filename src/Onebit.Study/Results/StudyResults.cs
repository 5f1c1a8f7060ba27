using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>Everything a study found: the content of <c>results.json</c>, schema 1 (docs/results-format.md).</summary>
/// <param name="Schema">1.</param>
/// <param name="Preset">The preset's name or folder.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Dataset">On what.</param>
/// <param name="Runs">One per experiment, networks small to large, methods in the order of <see cref="Method.All"/>.</param>
/// <param name="MissingRuns">Trainings of the preset that were not finished, where that was no reason to wait; null: none.</param>
/// <param name="Program">What made the results, and when; null: an earlier version does not say.</param>
/// <param name="Epochs">Of every training, where the user asked for it; null: as the experiments say.</param>
public sealed record StudyResults(
    int Schema,
    string Preset,
    MachineInfo Machine,
    DatasetInfo Dataset,
    IReadOnlyList<StudyRun> Runs,
    IReadOnlyList<MissingRun>? MissingRuns = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProgramInfo? Program = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Epochs = null
)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "results.json";

    /// <summary>Camel case; what is not known is written as null, so that every name is always there. Unknown names are skipped.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(Experiment.Json)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        };

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Reads such a file.</summary>
    /// <exception cref="InvalidDataException">It is none, or damaged.</exception>
    public static StudyResults Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<StudyResults>(InputFile.ReadText(path), Json) ?? throw new JsonException("it is empty.");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new InvalidDataException($"'{path}' is no results.json of a study: {e.Message}");
        }
    }
}
