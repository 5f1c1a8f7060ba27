namespace Onebit;

/// <summary>What the elements of a value are.</summary>
public enum ElementKind
{
    /// <summary>-1 or +1, one bit.</summary>
    Signs,

    /// <summary>Unsigned integers of <see cref="ValueInfo.Bits"/> bits: pixels, {0, 1} and 8-bit activations and their sums.</summary>
    Codes,

    /// <summary>Signed integers: sums and residual paths.</summary>
    Integers,
}
