using System.Text.Json;

namespace Onebit.Training;

/// <summary>A finished training run of one seed: the content of <c>run.json</c> in its folder.</summary>
public sealed record RunResult
{
    /// <summary>The file's name.</summary>
    public const string FileName = "run.json";

    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>What was run, see <see cref="Onebit.Training.Experiment.ToCanonicalJson"/>, and on which data.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Bits of a pixel: 32, 8 or 1.</summary>
    public required int InputBits { get; init; }

    /// <summary>Bits of a weight: 32 or 1.</summary>
    public required int WeightBits { get; init; }

    /// <summary>Bits of an activation: 32, 8 or 1.</summary>
    public required int ActivationBits { get; init; }

    /// <summary>Trained numbers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of them, weights of one bit.</summary>
    public required long BinaryParameters { get; init; }

    /// <summary>Multiply-accumulates an image.</summary>
    public required long MultiplyAccumulates { get; init; }

    /// <summary>A <c>.onebit</c> file holds the whole network.</summary>
    public required bool Packed { get; init; }

    /// <summary>Why not, where it is binarized and not packed.</summary>
    public string? NotPackedBecause { get; init; }

    /// <summary>
    /// Length of the <c>.onebit</c> file; of the safetensors file for full precision. Where a binarized network is
    /// not packed, a count: one bit a binary weight, four bytes for every other number.
    /// </summary>
    public required long ModelBytes { get; init; }

    /// <summary>On the test images, in evaluation mode (folded to integers where packed).</summary>
    public required double TestAccuracy { get; init; }

    /// <summary>Cross-entropy on the test images, in evaluation mode.</summary>
    public required double TestLoss { get; init; }

    /// <summary>On the validation images, in evaluation mode.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>On the test images with float batch normalization, before folding; equal where nothing is folded.</summary>
    public required double UnfoldedTestAccuracy { get; init; }

    /// <summary>The forms of a stochastically trained network; null for others.</summary>
    public IReadOnlyList<FormEvaluation>? Forms { get; init; }

    /// <summary>The form that was packed or, where not packed, evaluated; null where there is no choice.</summary>
    public string? EvaluatedForm { get; init; }

    /// <summary>Predicted class of each test image.</summary>
    public required byte[] TestPredictions { get; init; }

    /// <summary>Images trained on.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Images held out.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Epochs done.</summary>
    public required int Epochs { get; init; }

    /// <summary>Wall time of the training steps alone, over all resumptions.</summary>
    public required double TrainSeconds { get; init; }

    /// <summary>
    /// Processor time of the training steps: what <see cref="TrainSeconds"/> would be on a machine with nothing else to do.
    /// </summary>
    public required double TrainProcessorSeconds { get; init; }

    /// <summary>Bytes of parameters, gradients and optimizer state.</summary>
    public required long TrainingModelBytes { get; init; }

    /// <summary>Largest resident size of the process until training ended.</summary>
    public required long PeakTrainingBytes { get; init; }

    /// <summary>Loss and accuracy by epoch.</summary>
    public required TrainingCurves Curves { get; init; }

    /// <summary>The experiment that was run, from <see cref="Fingerprint"/>.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    internal Experiment ReadExperiment() =>
        JsonSerializer.Deserialize<Experiment>(
            Fingerprint[(Fingerprint.IndexOf('\n', StringComparison.Ordinal) + 1)..],
            Training.Experiment.Json
        )!;

    /// <summary>Reads a finished run; null where the folder holds none.</summary>
    /// <exception cref="ExperimentException">The file is damaged.</exception>
    public static RunResult? Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<RunResult>(File.ReadAllText(path), Training.Experiment.Json)!;
        }
        catch (JsonException)
        {
            throw new ExperimentException($"'{path}' is damaged; delete its folder to train that run again.");
        }
    }
}
