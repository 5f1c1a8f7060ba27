using Onebit.Training;

namespace Onebit.Study;

/// <summary>One experiment's row: accuracies are fractions, times seconds unless the name says otherwise.</summary>
public sealed record StudyRun
{
    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>What the experiment file says about itself.</summary>
    public required string? Note { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>Bits of a pixel: 32, 8 or 1.</summary>
    public required int InputBits { get; init; }

    /// <summary>Bits of a weight: 32, or its planes.</summary>
    public required int WeightBits { get; init; }

    /// <summary>Bits of an activation: 32, 8, or its planes.</summary>
    public required int ActivationBits { get; init; }

    /// <summary>Trained numbers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of them, weights of one bit.</summary>
    public required long BinaryParameters { get; init; }

    /// <summary>Multiply-accumulates an image.</summary>
    public required long MultiplyAccumulates { get; init; }

    /// <summary>Bytes of values to be held at once, see <see cref="ActivationMemory"/>; null where not packed.</summary>
    public int? PeakActivationBytes { get; init; }

    /// <summary>A <c>.onebit</c> file holds the whole network.</summary>
    public required bool Packed { get; init; }

    /// <summary>Why not, where it is binarized and not packed.</summary>
    public required string? NotPackedBecause { get; init; }

    /// <summary>
    /// Length of the model's file in bytes (safetensors in full precision), of the longest over all seeds; a count of bits plus floats
    /// where binarized and not packed.
    /// </summary>
    public required long ModelBytes { get; init; }

    /// <summary>The seeds.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>On the test images, in evaluation mode (folded to integers where packed).</summary>
    public required Spread TestAccuracy { get; init; }

    /// <summary>The same with float batch normalization: the difference is what folding cost.</summary>
    public required Spread UnfoldedTestAccuracy { get; init; }

    /// <summary>On the validation images.</summary>
    public required Spread ValidationAccuracy { get; init; }

    /// <summary>Mean cross-entropy on the test images.</summary>
    public required Spread TestLoss { get; init; }

    /// <summary>On the hard test images, see <see cref="HardSet"/>; null where none are known.</summary>
    public required Spread? HardSetAccuracy { get; init; }

    /// <summary>Forms of a stochastically trained network, first seed; null for others.</summary>
    public required IReadOnlyList<FormEvaluation>? Forms { get; init; }

    /// <summary>The form that was packed or evaluated, first seed; null where there is no choice.</summary>
    public required string? EvaluatedForm { get; init; }

    /// <summary>Images trained on.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Images held out.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Epochs.</summary>
    public required int Epochs { get; init; }

    /// <summary>Wall time of the training steps of a run.</summary>
    public required Spread TrainSeconds { get; init; }

    /// <summary>Processor time of the same.</summary>
    public required Spread TrainProcessorSeconds { get; init; }

    /// <summary>Bytes of parameters, gradients and optimizer state.</summary>
    public required long TrainingModelBytes { get; init; }

    /// <summary>Largest resident size of the training process over all seeds.</summary>
    public required long PeakTrainingBytes { get; init; }

    /// <summary>The packed model on the Onebit runtime; ONNX Runtime in full precision; libtorch where binarized and not packed.</summary>
    public required Latency InferenceNanoseconds { get; init; }

    /// <summary>The same network in full precision.</summary>
    public required PeerLatency Peer { get; init; }

    /// <summary>Peer's time over ours: above 1 we are faster.</summary>
    public required Latency Ratio { get; init; }

    /// <summary>First seed's counts on the test images: row = true class, column = predicted class.</summary>
    public required int[][] Confusion { get; init; }

    /// <summary>First seed's loss and accuracy by epoch.</summary>
    public required TrainingCurves Curves { get; init; }
}
