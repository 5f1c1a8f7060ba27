using Onebit.Datasets;
using SkiaSharp;

namespace Onebit.Study;

/// <summary>Some images of a set side by side in one PNG: smaller than one file each, and the page names it once.</summary>
internal static class Sprite
{
    // Larger images lose every other pixel, or more: the page shows them small.
    private const int LargestTile = 96;

    internal static int TileWidth(ImageSet images) => (images.Width + Step(images) - 1) / Step(images);

    internal static int TileHeight(ImageSet images) => (images.Height + Step(images) - 1) / Step(images);

    internal static byte[] Png(ImageSet images, IReadOnlyList<int> indices)
    {
        int step = Step(images),
            width = TileWidth(images),
            height = TileHeight(images),
            rowPixels = width * indices.Count;
        // Three channels are colours; of any other number the first is shown.
        bool colour = images.Channels == 3;
        int bytes = colour ? 4 : 1,
            plane = images.Height * images.Width;
        byte[] pixels = new byte[rowPixels * height * bytes];
        for (int tile = 0; tile < indices.Count; tile++)
        {
            ReadOnlySpan<byte> image = images.Image(indices[tile]);
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int from = y * step * images.Width + x * step,
                        to = (y * rowPixels + tile * width + x) * bytes;
                    for (int channel = 0; channel < bytes; channel++)
                    {
                        pixels[to + channel] = channel == 3 ? (byte)255 : image[channel * plane + from];
                    }
                }
            }
        }
        var info = new SKImageInfo(rowPixels, height, colour ? SKColorType.Rgba8888 : SKColorType.Gray8, SKAlphaType.Opaque);
        using SKImage sprite = SKImage.FromPixelCopy(info, pixels);
        using SKData png = sprite.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static int Step(ImageSet images) => (Math.Max(images.Width, images.Height) + LargestTile - 1) / LargestTile;
}
