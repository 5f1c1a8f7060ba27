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
    internal static ITask Create(Experiment experiment, DataSplit data, Dataset set, IReadOnlyList<Network> teachers) =>
        experiment.Generation is null
            ? new Classification(experiment, data, set.ClassNames, teachers, set.Preparation)
            : new Generation(experiment, data, set.ClassNames, teachers);

    /// <summary>Reads a run with its task's metrics.</summary>
    /// <exception cref="JsonException">It is no run, or damaged.</exception>
    internal static RunResult Read(ReadOnlySpan<byte> json) =>
        (
            json.IndexOf("\"denoisingErrors\""u8) >= 0
                ? JsonSerializer.Deserialize<GenerationResult>(json, Experiment.Json)
                : (RunResult?)JsonSerializer.Deserialize<ClassificationResult>(json, Experiment.Json)
        ) ?? throw new JsonException("it is empty");
}
