using System.Text.Json;
using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>Where tasks are registered. An experiment names all but classification.</summary>
internal static class KnownTasks
{
    /// <summary>An experiment's task.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="data">Its images.</param>
    /// <param name="set">What the labels are called, and what was done to the pictures.</param>
    /// <param name="teachers">The networks that its distillation names; the task disposes of them.</param>
    /// <exception cref="ExperimentException">A teacher does not fit the task.</exception>
    internal static ITask Create(Experiment experiment, DataSplit data, Dataset set, IReadOnlyList<Network> teachers) =>
        teachers.Any(t => t.Generation?.Pixels != experiment.Generation?.Pixels)
            ? throw new ExperimentException("A teacher must classify, or draw bytes, or draw bits, as its student does.")
            : experiment.Generation?.Pixels switch
            {
                null => new Classification(experiment, data, set.ClassNames, teachers, set.Preparation),
                GeneratedPixels.Bits => new BitGeneration(experiment, data, teachers),
                _ => new Generation(experiment, data, set.ClassNames, teachers),
            };

    /// <summary>Reads a run with its task's metrics.</summary>
    /// <exception cref="JsonException">It is no run, or damaged.</exception>
    internal static RunResult Read(ReadOnlySpan<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        return (
                Has("denoisingErrors") ? JsonSerializer.Deserialize<GenerationResult>(json, Experiment.Json)
                : Has("bounds") ? JsonSerializer.Deserialize<BitGenerationResult>(json, Experiment.Json)
                : (RunResult?)JsonSerializer.Deserialize<ClassificationResult>(json, Experiment.Json)
            ) ?? throw new JsonException("it is empty");

        bool Has(string property) =>
            document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(property, out _);
    }
}
