namespace Onebit.Export;

/// <summary>The shape of one value of a <see cref="FloatTwin"/>.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct FloatShape(int Channels, int Height, int Width)
{
    /// <summary>Number of elements.</summary>
    public int Count => Channels * Height * Width;
}
