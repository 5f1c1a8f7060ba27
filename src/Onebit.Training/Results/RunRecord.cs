using System.Text.Json.Serialization;

namespace Onebit.Training;

/// <summary>What a run of one seed and a study's row of all seeds both tell.</summary>
public abstract record RunRecord
{
    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>Bits of a pixel: 32, 8 or 1.</summary>
    public required int InputBits { get; init; }

    /// <summary>Bits of a weight: 32, or as many as the binarized weights have.</summary>
    public required int WeightBits { get; init; }

    /// <summary>Bits of an activation: 32, 8, or as many as the binarized activations have.</summary>
    public required int ActivationBits { get; init; }

    /// <summary>Trained numbers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of them, binarized weights.</summary>
    public required long BinaryParameters { get; init; }

    /// <summary>Multiply-accumulates per image.</summary>
    public required long MultiplyAccumulates { get; init; }

    /// <summary>A <c>.onebit</c> file holds the whole network.</summary>
    public required bool Packed { get; init; }

    /// <summary>Why a binarized network is not packed; null: it is packed, or not binarized.</summary>
    public string? NotPackedBecause { get; init; }

    /// <summary>
    /// Length of the <c>.onebit</c> file, or of the safetensors file in full precision. In a study it is the longest of all seeds.
    /// A binarized network that is not packed has no such file. Its size is a count: the bits of binarized weights, and four bytes
    /// for every other number.
    /// </summary>
    public required long ModelBytes { get; init; }

    /// <summary>The forms of a stochastically trained network, first seed; null for others.</summary>
    public IReadOnlyList<FormEvaluation>? Forms { get; init; }

    /// <summary>The name of the form that was packed or, where not packed, evaluated; null: there are none.</summary>
    public string? EvaluatedForm { get; init; }

    /// <summary>Images trained on.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Images held out for validation.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Epochs done.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps of the optimizer; null: a result of an earlier version does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Steps { get; init; }

    /// <summary>Bytes of parameters, gradients and optimizer state.</summary>
    public required long TrainingModelBytes { get; init; }

    /// <summary>Largest resident size of the training process. In a study it is the largest of all seeds.</summary>
    public required long PeakTrainingBytes { get; init; }

    /// <summary>Losses and metrics by epoch, first seed.</summary>
    public required TrainingCurves Curves { get; init; }
}
