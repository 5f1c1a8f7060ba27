namespace Onebit;

/// <summary>
/// Shape, kind and range of one value of a model, derived when the model is checked. The range is found by interval
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
}
