using System.Diagnostics.CodeAnalysis;
using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>A finished run of a diffusion model. Errors are mean squares of pixels from -1 to 1.</summary>
public sealed record GenerationResult : RunResult
{
    /// <summary>A run without values.</summary>
    public GenerationResult() { }

    /// <summary>A run, to which the caller adds all metrics.</summary>
    [SetsRequiredMembers]
    internal GenerationResult(RunResult run)
        : base(run) => DenoisingErrors = [];

    /// <summary>The loss on the validation images.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The loss on the test images.</summary>
    public required double TestLoss { get; init; }

    /// <summary>The mean squared error of the predicted clean image on the test images, by noise level from 1 on.</summary>
    public required double[] DenoisingErrors { get; init; }

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, double Value)> Losses => [("test loss", TestLoss)];

    /// <inheritdoc/>
    public override string? FindMistake(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return base.FindMistake(data)
            ?? (
                DenoisingErrors.Length == 0
                || !DenoisingErrors.Append(ValidationLoss).Append(TestLoss).All(e => e is >= 0 and <= float.MaxValue)
                    ? "its losses are impossible"
                    : null
            );
    }
}
