namespace Onebit.Training;

/// <summary>A value of an imported network: a packed value, and what its integers stand for.</summary>
/// <param name="Index">The packed value.</param>
/// <param name="Info">Its shape, kind and range.</param>
/// <param name="Affines">The real number of an integer, one affine per channel.</param>
/// <param name="IsFlat">The nodes see images x elements.</param>
internal sealed record ImportedValue(int Index, ValueInfo Info, Affine[] Affines, bool IsFlat) : OnnxValue
{
    /// <summary>Real numbers below 0 are 0.</summary>
    internal bool IsRectified { get; init; }

    /// <summary>Positions that are added on each side.</summary>
    internal int Padding { get; init; }

    /// <summary>The real number at those positions.</summary>
    internal double PaddingNumber { get; init; }

    /// <summary>The real number of an integer.</summary>
    internal double At(int channel, double integer)
    {
        double real = Affines[channel].At(integer);
        return IsRectified ? Math.Max(0, real) : real;
    }
}
