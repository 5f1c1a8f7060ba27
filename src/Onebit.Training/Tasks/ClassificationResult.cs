using System.Diagnostics.CodeAnalysis;
using Onebit.Datasets;

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

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, double Value)> Losses => [("test loss", TestLoss)];

    /// <inheritdoc/>
    public override string? FindMistake(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (base.FindMistake(data) is { } mistake)
        {
            return mistake;
        }

        const double Rounding = 1e-9;
        return TestPredictions.Length != data.Test.Count || TestPredictions.Any(c => c >= data.ClassCount)
                ? "its predictions are not one class per test image"
            : !(Math.Abs(TestAccuracy - Evaluation.AccuracyOf(data.Test.Labels.Span, TestPredictions)) <= Rounding)
                ? "its accuracy is not that of its predictions"
            : !(UnfoldedTestAccuracy is >= 0 and <= 1 && ValidationAccuracy is >= 0 and <= 1) ? "its accuracies are not from 0 to 1"
            : !(TestLoss is >= 0 and <= float.MaxValue) ? "its loss is impossible"
            : !Curves.ContainsKey(ClassificationCurves.ValidationLossName)
            || !Curves.TryGetValue(ClassificationCurves.ValidationAccuracyName, out List<double>? accuracies)
            || !accuracies.All(a => a is >= 0 and <= 1)
                ? "its curves are incomplete"
            : null;
    }
}
