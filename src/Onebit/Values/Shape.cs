namespace Onebit;

/// <summary>The shape of a value or an image: channels x height x width, stored channel by channel, row by row.</summary>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct Shape(int Channels, int Height, int Width)
{
    /// <summary>Number of elements.</summary>
    public int Count => Channels * Height * Width;

    /// <summary>Such as <c>1 x 28 x 28</c>.</summary>
    public override string ToString() => $"{Channels} x {Height} x {Width}";
}
