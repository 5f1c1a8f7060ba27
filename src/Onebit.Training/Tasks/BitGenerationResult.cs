using System.Diagnostics.CodeAnalysis;
using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>A finished run of a diffusion model that draws bits.</summary>
public sealed record BitGenerationResult : RunResult
{
    /// <summary>A run without values.</summary>
    public BitGenerationResult() { }

    /// <summary>A run, to which the caller adds all metrics.</summary>
    [SetsRequiredMembers]
    internal BitGenerationResult(RunResult run)
        : base(run) => Bounds = [];

    /// <summary>The bound on the validation images, estimated at one level of each, in nats per image.</summary>
    public required double ValidationBound { get; init; }

    /// <summary>The bound on the test images: of a sampler of as many steps as there are noise levels, then of half as many.</summary>
    public required IReadOnlyList<LikelihoodBound> Bounds { get; init; }

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, double Value)> Losses => [("bound", Bounds[0].Bound)];

    /// <inheritdoc/>
    public override string? FindMistake(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return base.FindMistake(data)
            ?? (
                Bounds.Count == 0
                || !(ValidationBound >= 0)
                || Bounds.Any(b => b is not { Steps: > 0, Bound: >= 0, BoundStandardError: >= 0 })
                    ? "its bounds are impossible"
                    : null
            );
    }
}

/// <summary>An upper bound on the mean negative log-likelihood of images.</summary>
/// <param name="Steps">Steps of the sampler that it is of.</param>
/// <param name="Bound">The bound, in nats per image.</param>
/// <param name="BoundStandardError">Its standard error, with images, their bits and the noise drawn at random.</param>
public sealed record LikelihoodBound(int Steps, double Bound, double BoundStandardError)
{
    /// <summary>From the bound of each image.</summary>
    internal static LikelihoodBound Of(int steps, double[] nats)
    {
        double mean = nats.Average(),
            squares = nats.Sum(n => (n - mean) * (n - mean));
        return new LikelihoodBound(steps, mean, Math.Sqrt(squares / Math.Max(1, nats.Length - 1) / nats.Length));
    }
}
