using System.Text.Json;
using Onebit.Datasets;

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

    /// <summary>
    /// The SHA-256 of the weights of each run that this one began with or learned from, by name; null: there are none, or none were noted.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Parents { get; init; }

    /// <summary>Wall time of the training steps alone, over all resumptions.</summary>
    public required double TrainSeconds { get; init; }

    /// <summary>
    /// Processor time of the training steps: what <see cref="TrainSeconds"/> would be on a machine with nothing else to do.
    /// </summary>
    public required double TrainProcessorSeconds { get; init; }

    /// <summary>The losses of the finished network, by name: numbers unless the training diverged.</summary>
    internal virtual IEnumerable<(string Name, double Value)> Losses => [];

    /// <summary>What is wrong with a result that was read from a file; null: nothing.</summary>
    /// <param name="data">The data set that it is a run on.</param>
    public virtual string? FindMistake(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        const double MaxSeconds = 1e9; // Thirty years.
        return !(TrainSeconds is >= 0 and <= MaxSeconds && TrainProcessorSeconds is >= 0 and <= 1000 * MaxSeconds)
                ? "its times are impossible"
            : Epochs < 1
            || Curves.Values.Any(c => c is null || c.Count != Epochs || !c.All(double.IsFinite))
            || !Curves.ContainsKey(TrainingCurves.TrainLossName)
                ? "its curves do not have one number per epoch"
            : Parameters < 0
            || BinaryParameters < 0
            || BinaryParameters > Parameters
            || ModelBytes < 0
            || MultiplyAccumulates < 0
            || TrainingModelBytes < 0
            || PeakTrainingBytes < 0
            || TrainImages < 0
            || ValidationImages < 0
                ? "its counts are impossible"
            : new[] { InputBits, WeightBits, ActivationBits }.Any(bits => bits is < 1 or > 32) ? "its numbers of bits are impossible"
            : Forms?.Any(f => f is null) == true ? "its forms are incomplete"
            : null;
    }

    /// <summary>The experiment that was run, from <see cref="Fingerprint"/>.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    internal Experiment ReadExperiment()
    {
        try
        {
            Experiment experiment = Parse();
            experiment.Check();
            return experiment;
        }
        catch (Exception e) when (e is ExperimentException or NotSupportedException or InvalidOperationException or NullReferenceException)
        {
            throw new JsonException(e.Message, e); // A layer without a type, or null in a list.
        }
    }

    private Experiment Parse() =>
        JsonSerializer.Deserialize<Experiment>(
            Fingerprint[(Fingerprint.IndexOf('\n', StringComparison.Ordinal) + 1)..],
            Training.Experiment.Json
        ) ?? throw new JsonException("it is empty");
}
