using System.Text.Json;

namespace Onebit.Training;

/// <summary>
/// A finished training run of one seed, the content of <c>run.json</c> in its folder. The task adds its metrics in a record of its own;
/// the JSON is flat.
/// </summary>
public record RunResult : RunRecord
{
    /// <summary>What was run, see <see cref="Onebit.Training.Experiment.ToCanonicalJson"/>, and on which data.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Wall time of the training steps alone, over all resumptions.</summary>
    public required double TrainSeconds { get; init; }

    /// <summary>
    /// Processor time of the training steps: what <see cref="TrainSeconds"/> would be on a machine with nothing else to do.
    /// </summary>
    public required double TrainProcessorSeconds { get; init; }

    /// <summary>The experiment that was run, from <see cref="Fingerprint"/>.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    internal Experiment ReadExperiment() =>
        JsonSerializer.Deserialize<Experiment>(
            Fingerprint[(Fingerprint.IndexOf('\n', StringComparison.Ordinal) + 1)..],
            Training.Experiment.Json
        )!;
}
