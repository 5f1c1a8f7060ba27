using System.Diagnostics.CodeAnalysis;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>How well a diffusion model on bits knows the test images.</summary>
public sealed record BitGenerationRow : DiffusionRow
{
    /// <summary>A row without values.</summary>
    public BitGenerationRow() { }

    /// <summary>A row, to which the caller adds the bound.</summary>
    [SetsRequiredMembers]
    internal BitGenerationRow(DiffusionRow row)
        : base(row) { }

    /// <summary>See <see cref="LikelihoodBound.Bound"/>.</summary>
    public required double Bound { get; init; }

    /// <summary>See <see cref="LikelihoodBound.BoundStandardError"/>.</summary>
    public required double BoundStandardError { get; init; }
}
