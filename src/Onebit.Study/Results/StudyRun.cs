using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>One experiment's row, all seeds together. Accuracies are fractions, times seconds unless the name says otherwise.</summary>
public sealed record StudyRun : RunRecord
{
    /// <summary>A row without values.</summary>
    public StudyRun() { }

#pragma warning disable CS8618 // The caller sets all properties below.
    /// <summary>A row that has what the run of the first seed tells. The caller adds everything else.</summary>
    [SetsRequiredMembers]
    internal StudyRun(RunRecord first)
        : base(first) { }
#pragma warning restore CS8618

    /// <summary>What the experiment file says about itself.</summary>
    public required string? Note { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>The network's layers in one line; null: an earlier version does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Layers { get; init; }

    /// <summary>How it was trained, in one line; null: an earlier version does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Recipe { get; init; }

    /// <summary>Bytes of values to be held at once, see <see cref="ActivationMemory"/>; null where not packed.</summary>
    public int? PeakActivationBytes { get; init; }

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

    /// <summary>Wall time of the training steps of a run.</summary>
    public required Spread TrainSeconds { get; init; }

    /// <summary>Processor time of the same.</summary>
    public required Spread TrainProcessorSeconds { get; init; }

    /// <summary>The packed model on the Onebit runtime; ONNX Runtime in full precision; libtorch where binarized and not packed.</summary>
    public required Latency InferenceNanoseconds { get; init; }

    /// <summary>The same network in full precision.</summary>
    public required PeerLatency Peer { get; init; }

    /// <summary>Peer's time over ours: above 1 we are faster.</summary>
    public required Latency Ratio { get; init; }

    /// <summary>First seed's counts on the test images: row = true class, column = predicted class.</summary>
    public required int[][] Confusion { get; init; }
}
