using System.Numerics;

namespace Onebit;

/// <summary>
/// Shape, kind and range of one value of a model, inferred when the model is checked. The range is found by interval
/// arithmetic, so it holds for every image and need not be reached by one.
/// </summary>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Kind">What the elements are.</param>
/// <param name="Bits">
/// 1 for signs, k for k-bit codes, the bits of a signed integer that holds <paramref name="Minimum"/> and <paramref name="Maximum"/>
/// otherwise.
/// </param>
/// <param name="Minimum">No element is smaller. Scores, which have up to 64 bits, are clamped to 32 here.</param>
/// <param name="Maximum">No element is larger; scores as above.</param>
public readonly record struct ValueInfo(int Channels, int Height, int Width, ElementKind Kind, int Bits, int Minimum, int Maximum)
{
    /// <summary>Number of elements.</summary>
    public int Count => Channels * Height * Width;

    /// <summary>Number of elements of one channel.</summary>
    public int Area => Height * Width;

    /// <summary>The shape in words.</summary>
    internal string Dimensions => $"{Channels} x {Height} x {Width}";

    /// <summary>Signs of this shape.</summary>
    internal ValueInfo AsSigns() => this with { Kind = ElementKind.Signs, Bits = 1, Minimum = -1, Maximum = 1 };

    /// <summary>Codes of this shape.</summary>
    internal ValueInfo AsCodes(int bits, int maximum) =>
        this with
        {
            Kind = ElementKind.Codes,
            Bits = bits,
            Minimum = 0,
            Maximum = maximum,
        };

    /// <summary>Integers of this shape.</summary>
    internal ValueInfo AsIntegers(long minimum, long maximum)
    {
        return this with
        {
            Kind = ElementKind.Integers,
            Bits = SignedBits(minimum, maximum),
            Minimum = (int)Math.Clamp(minimum, int.MinValue, int.MaxValue),
            Maximum = (int)Math.Clamp(maximum, int.MinValue, int.MaxValue),
        };
    }

    /// <summary>Bits of a signed integer that holds all of a range.</summary>
    internal static int SignedBits(long minimum, long maximum)
    {
        // v ^ (v >> 63) is v, or its complement where v is negative: what is left of the sign bit.
        long magnitude = (minimum ^ (minimum >> 63)) | (maximum ^ (maximum >> 63));
        return 65 - BitOperations.LeadingZeroCount((ulong)magnitude);
    }
}
