namespace Onebit;

/// <summary>
/// What a model reads: an image of bytes, channel by channel, row by row. A diffusion model reads a noisy image, its noise level and a
/// class, see <see cref="Generator"/>.
/// </summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Bits">
/// 8: the pixels as they are, codes 0..255. 1: code 1 where the pixel is at least <paramref name="PixelThreshold"/>, else 0.
/// 16: a noisy image, integers of 16 bits that count in 2^-12. A diffusion model's noisy image of one bit has -2^12 and 2^12 alone.
/// </param>
/// <param name="PixelThreshold">1 to 255 for a classifier of one bit; else 0.</param>
public sealed record ModelInput(int Channels, int Height, int Width, int Bits, byte PixelThreshold)
{
    /// <summary>The shape of an image; its <see cref="Shape.Count"/> is the bytes of one.</summary>
    public Shape Shape => new(Channels, Height, Width);

    /// <summary>What a diffusion model reads beside the noisy image; null: the model is a classifier.</summary>
    public DiffusionInput? Diffusion { get; init; }

    /// <summary>
    /// Shape, kind and range of value 0: the image, or for a diffusion model one vector of the noisy image's elements, its noise level less
    /// 1, and the class.
    /// </summary>
    internal ValueInfo Infer(ModelCheck check)
    {
        check.Require(Bits is 1 || Bits == (Diffusion is null ? 8 : 16), "pixels have 1 or 8 bits, or 1 or 16 in a diffusion model");
        check.Require((Bits == 1 && Diffusion is null) == (PixelThreshold != 0), "a pixel threshold is of classifiers of one bit");
        ValueInfo image = check.Shape(Channels, Height, Width);
        if (Diffusion is null)
        {
            return image.AsCodes(Bits, (1 << Bits) - 1);
        }

        return check.Shape(image.Count + DiffusionInput.Conditions, 1, 1).AsIntegers(short.MinValue, short.MaxValue);
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
