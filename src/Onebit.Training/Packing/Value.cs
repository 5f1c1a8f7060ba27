namespace Onebit.Training;

/// <summary>
/// A value of a network: its shape, and what its numbers stand for. In training a number is a float. Packed, the number of channel c is
/// <c>Affines[c].At(sum over n of Planes[n].Weight * integer of plane n)</c>.
/// </summary>
/// <param name="Shape">Its shape; a dense layer's value is channels x 1 x 1.</param>
public sealed record Value(Shape Shape)
{
    /// <summary>What a number is multiplied with to count in codes: 32 for levels of signs, 1 for codes, sums and floats.</summary>
    public double CodesPerOne { get; init; } = 1;

    /// <summary>What positions outside hold: the lowest level, which may be learned; 0 for codes, sums and floats.</summary>
    public Func<double> Padding { get; init; } = () => 0;

    /// <summary>The packed values that hold it, with their weights in the sum: one, or a bit plane each.</summary>
    internal IReadOnlyList<(int Index, double Weight)> Planes { get; init; } = [];

    /// <summary>What the sum of the planes stands for, one a channel; factors are not negative before a normalization.</summary>
    internal IReadOnlyList<Affine> Affines { get; init; } = [];

    /// <summary>The values that it joins along the channels, where it joins some: a layer may read them one by one.</summary>
    internal IReadOnlyList<Value> Branches { get; init; } = [];

    /// <summary>It comes from a <see cref="Onebit.WeightedSum"/>: float64 in evaluation mode, so that it may leave 2^24.</summary>
    internal bool IsWeightedSum { get; init; }

    /// <summary>The packed value that holds it, where one alone does.</summary>
    internal int Index => Planes.Single().Index;

    /// <summary>This value, held by the packed values that hold another one.</summary>
    internal Value HeldAs(Value packed) =>
        this with
        {
            Planes = packed.Planes,
            Affines = packed.Affines,
            Branches = packed.Branches,
            IsWeightedSum = packed.IsWeightedSum,
        };

    /// <summary>The numbers of this value after one more affine of all channels.</summary>
    internal Value Then(Affine next) => Then(next.Repeat(Affines.Count));

    /// <summary>The numbers of this value after one more affine of each channel.</summary>
    internal Value Then(IReadOnlyList<Affine> next) =>
        this with
        {
            Affines = [.. Affines.Zip(next, (first, second) => first.Then(second))],
        };
}
