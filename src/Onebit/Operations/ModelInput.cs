namespace Onebit;

/// <summary>
/// What a model reads: an image of bytes, channel by channel, row by row.
/// </summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Bits">
/// 8: the pixels as they are, codes 0..255. 1: code 1 where the pixel is at least <paramref name="PixelThreshold"/>, else 0.
/// </param>
/// <param name="PixelThreshold">1 to 255 with one bit; 0 with eight.</param>
public sealed record ModelInput(int Channels, int Height, int Width, int Bits, byte PixelThreshold)
{
    /// <summary>The shape of an image; its <see cref="Shape.Count"/> is the bytes of one.</summary>
    public Shape Shape => new(Channels, Height, Width);

    /// <summary>Shape, kind and range of value 0.</summary>
    internal ValueInfo Infer(ModelCheck check)
    {
        check.Require(Bits is 1 or 8, "pixels have 1 or 8 bits");
        check.Require(Bits == 1 == (PixelThreshold != 0), "the pixel threshold is 1 to 255 with one bit and 0 with eight");
        return check.Shape(Channels, Height, Width).AsCodes(Bits, (1 << Bits) - 1);
    }

    /// <summary>The plain loop: pixels to codes.</summary>
    internal void Run(ReadOnlySpan<byte> pixels, Span<int> codes)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] =
                Bits == 8 ? pixels[i]
                : pixels[i] >= PixelThreshold ? 1
                : 0;
        }
    }
}
