using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>Images of a set as image files.</summary>
internal static class Digits
{
    internal static byte[] Png(ImageSet set, int index)
    {
        using SKImage image = SKImage.FromPixelCopy(
            new SKImageInfo(set.Width, set.Height, SKColorType.Gray8, SKAlphaType.Opaque),
            set.Image(index).ToArray()
        );
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    internal static Picture Picture(ImageSet set, int index) => Datasets.Picture.Decode(Png(set, index), $"image {index}");
}
