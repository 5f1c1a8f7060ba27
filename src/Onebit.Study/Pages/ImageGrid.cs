using Onebit.Datasets;
using SkiaSharp;

namespace Onebit.Study;

/// <summary>Grey images in rows and columns, as one picture for people.</summary>
public static class ImageGrid
{
    /// <summary>Draws the images row by row; places that are left at the end stay empty.</summary>
    /// <param name="images">Of one channel.</param>
    /// <param name="columns">Images per row.</param>
    /// <param name="gap">Pixels of the picture between two images.</param>
    /// <param name="scale">Rows and columns of the picture per pixel of an image.</param>
    /// <param name="background">Grey of the gaps, 0 to 255.</param>
    /// <returns>Rows of one byte per pixel.</returns>
    /// <exception cref="ArgumentException">The images have colour.</exception>
    /// <exception cref="OverflowException">The picture has more than 2^31 pixels.</exception>
    public static (byte[] Pixels, int Width, int Height) Draw(
        ImageSet images,
        int columns,
        int gap = 2,
        int scale = 1,
        byte background = 128
    )
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        if (images.Channels != 1)
        {
            throw new ArgumentException($"A grid shows grey images, not ones of {images.Channels} channels.", nameof(images));
        }

        int rows = (images.Count - 1) / columns + 1,
            stepX = checked(images.Width * scale + gap),
            stepY = checked(images.Height * scale + gap),
            width = checked(columns * stepX - gap),
            height = checked(rows * stepY - gap);
        byte[] pixels = new byte[checked(width * height)];
        Array.Fill(pixels, background);
        for (int i = 0; i < images.Count; i++)
        {
            ReadOnlySpan<byte> image = images.Image(i);
            int corner = i / columns * stepY * width + i % columns * stepX;
            for (int y = 0; y < images.Height * scale; y++)
            {
                for (int x = 0; x < images.Width * scale; x++)
                {
                    pixels[corner + y * width + x] = image[y / scale * images.Width + x / scale];
                }
            }
        }

        return (pixels, width, height);
    }

    /// <summary>The picture as a PNG file's content.</summary>
    public static byte[] Png((byte[] Pixels, int Width, int Height) picture)
    {
        var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Gray8, SKAlphaType.Opaque);
        using SKImage image = SKImage.FromPixelCopy(info, picture.Pixels);
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Writes the picture as a PNG file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, (byte[] Pixels, int Width, int Height) picture) =>
        AtomicFile.Write(path, stream => stream.Write(Png(picture)));
}
