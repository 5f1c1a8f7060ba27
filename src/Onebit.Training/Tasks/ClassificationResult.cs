using System.Diagnostics.CodeAnalysis;

namespace Onebit.Training;

/// <summary>A finished run of a classifier. Accuracies are fractions.</summary>
public sealed record ClassificationResult : RunResult
{
    /// <summary>A run without values.</summary>
    public ClassificationResult() { }

    /// <summary>A run, to which the caller adds all metrics.</summary>
    [SetsRequiredMembers]
    internal ClassificationResult(RunResult run)
        : base(run) => TestPredictions = [];

    /// <summary>On the test images, in evaluation mode (folded to integers where packed).</summary>
    public required double TestAccuracy { get; init; }

    /// <summary>Mean cross-entropy on the test images, in evaluation mode.</summary>
    public required double TestLoss { get; init; }

    /// <summary>On the validation images, in evaluation mode.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>On the test images with float batch normalization, before folding; equal where nothing is folded.</summary>
    public required double UnfoldedTestAccuracy { get; init; }

    /// <summary>Predicted class of each test image.</summary>
    public required byte[] TestPredictions { get; init; }
}
