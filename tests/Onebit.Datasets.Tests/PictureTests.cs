using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using CsCheck;
using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>Decoding: what becomes of good files, and that bad ones become a sentence.</summary>
public class PictureTests
{
    [Fact]
    public void Png_of_every_kind_is_decoded()
    {
        Assert.Equal([0, 128, 255], Greys(Pictures.Png(3, 1, 8, 0, _ => [0, 128, 255])));
        Assert.Equal([0, 128, 255], Greys(Pictures.Png(3, 1, 16, 0, _ => [0, 0, 128, 128, 255, 255])));
        Assert.Equal([0, 255, 255, 0], Greys(Pictures.Png(4, 1, 1, 0, _ => [0b0110_0000])));
        Assert.Equal([7, 200], Greys(Pictures.Png(2, 1, 8, 3, _ => [1, 0], [200, 200, 200, 7, 7, 7])));
        byte[] planes = Picture.Decode(Pictures.Png(1, 2, 8, 2, y => y == 0 ? [9, 8, 7] : [6, 5, 4]), "").Scale(new Shape(3, 2, 1));
        Assert.Equal([9, 6, 8, 5, 7, 4], planes);
        Picture opacity = Picture.Decode(Pictures.Png(2, 1, 8, 4, _ => [50, 255, 60, 0]), "");
        Assert.Equal([50, 50, 50, 255], opacity.Rgba[..4].ToArray());
        Assert.Equal(0, opacity.Rgba.Span[7]);
    }

    [Fact]
    public void Jpeg_WebP_BMP_and_the_first_frame_of_a_GIF_are_decoded()
    {
        foreach (SKEncodedImageFormat format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp })
        {
            Assert.InRange(Greys(Pictures.Encode(format, 8, 8, (_, _) => new SKColor(100, 100, 100)))[27], 98, 102);
        }

        Assert.Equal([0, 1, 2, 3, 10, 11, 12, 13], Greys(Pictures.Bmp(4, 2, (y, x) => (byte)(10 * y + x))));
        Assert.Equal([255], Greys(Pictures.Gif));
    }

    [Theory]
    [InlineData(1, 0, 1, 2, 3)]
    [InlineData(2, 1, 0, 3, 2)]
    [InlineData(3, 3, 2, 1, 0)]
    [InlineData(4, 2, 3, 0, 1)]
    [InlineData(5, 0, 2, 1, 3)]
    [InlineData(6, 2, 0, 3, 1)]
    [InlineData(7, 3, 1, 2, 0)]
    [InlineData(8, 1, 3, 0, 2)]
    public void A_photo_is_turned_as_its_camera_was(byte orientation, params int[] quarters)
    {
        Picture picture = Picture.Decode(Pictures.Jpeg(orientation), "");
        Assert.Equal(orientation <= 4 ? (32, 16) : (16, 32), (picture.Width, picture.Height));
        byte[] grey = picture.Scale(new Shape(1, 2, 2));
        Assert.Equal(quarters, grey.Select(g => (g + 42) / 85));
    }

    [Theory]
    [InlineData(1, 0, 1, 2, 3)]
    [InlineData(3, 3, 2, 1, 0)]
    [InlineData(6, 2, 0, 3, 1)]
    [InlineData(8, 1, 3, 0, 2)]
    public void Png_and_WebP_files_are_turned_too(byte orientation, params int[] quarters)
    {
        byte[] exif =
        [
            .. "II*\0"u8,
            8,
            0,
            0,
            0,
            2,
            0,
            0x0F,
            0x01,
            2,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0x12,
            1,
            3,
            0,
            1,
            0,
            0,
            0,
            orientation,
            0,
            0,
            0,
        ];
        byte[] png = Encoded(SKEncodedImageFormat.Png),
            webp = Encoded(SKEncodedImageFormat.Webp);
        byte[] tail = [.. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif];
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, 31, 0, 0, 15, 0, 0];
        byte[] photo = [.. webp[..12], .. extended, .. webp[12..], .. tail];
        BinaryPrimitives.WriteInt32LittleEndian(photo.AsSpan(4), photo.Length - 8);
        foreach (byte[] file in new[] { (byte[])[.. png[..33], .. Pictures.Chunk("eXIf"u8, exif), .. png[33..]], photo })
        {
            byte[] grey = Picture.Decode(file, "").Scale(new Shape(1, 2, 2));
            Assert.Equal(quarters, grey.Select(g => (g + 42) / 85));
        }

        static byte[] Encoded(SKEncodedImageFormat format) =>
            Pictures.Encode(
                format,
                32,
                16,
                (y, x) =>
                {
                    byte grey = (byte)(y / 8 * 2 * 85 + x / 16 * 85);
                    return new SKColor(grey, grey, grey);
                }
            );
    }

    [Fact]
    public void Exif_data_that_means_nothing_turns_nothing()
    {
        byte[] png = Pictures.Png(4, 2, 8, 0, y => [(byte)y, 1, 2, 3]);
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
        for (int length = 0; length < exif.Length; length++)
        {
            Assert.Equal(
                4,
                Picture.Decode([.. png[..33], .. Pictures.Chunk("eXIf"u8, exif[..length]), .. png[33..]], "").Width is 4 or 2 ? 4 : 0
            );
            byte[] far = [.. exif[..4], 0xFF, 0xFF, 0xFF, 0xFF, .. exif[8..]];
            Assert.Equal(4, Picture.Decode([.. png[..33], .. Pictures.Chunk("eXIf"u8, far), .. png[33..]], "").Width);
        }
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(10, 0)]
    [InlineData(12, 0)]
    [InlineData(16, 0)]
    [InlineData(12, 2)]
    [InlineData(8, 4)]
    [InlineData(10, 6)]
    public void Sixteen_bits_of_which_few_are_used_are_not_black(int used, byte colourType)
    {
        int channels = colourType switch
        {
            0 => 1,
            2 => 3,
            4 => 2,
            _ => 4,
        };
        int max = (1 << used) - 1;
        byte[] Row(int y) =>
            [
                .. Enumerable
                    .Range(0, 5 * channels)
                    .Select(i => channels % 2 == 0 && i % channels == channels - 1 ? 65535 : max * (i / channels + y) / 8)
                    .SelectMany(v => new[] { (byte)(v >> 8), (byte)v }),
            ];
        byte[] grey = Greys(Pictures.Png(5, 5, 16, colourType, Row));
        Assert.All(Enumerable.Range(0, 25), i => Assert.InRange(grey[i], 255 * (i % 5 + i / 5) / 8 - 1, 255 * (i % 5 + i / 5) / 8 + 1));
    }

    [Fact]
    public void All_filters_of_rows_are_undone()
    {
        // An encoder that chooses filters, of noise on a slope.
        using var bitmap = new SKBitmap(new SKImageInfo(40, 40, SKColorType.RgbaF16, SKAlphaType.Unpremul));
        var random = new Random(1);
        int[] samples = [.. Enumerable.Range(0, 1600).Select(i => 20 * (i % 40 + i / 40) + random.Next(0, i / 4 + 1))];
        Span<Half> pixels = MemoryMarshal.Cast<byte, Half>(bitmap.GetPixelSpan());
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (Half)(i % 4 == 3 ? 1 : samples[i / 4] / 65535f);
        }

        foreach (
            SKPngEncoderFilterFlags filter in new[]
            {
                SKPngEncoderFilterFlags.Sub,
                SKPngEncoderFilterFlags.Up,
                SKPngEncoderFilterFlags.Avg,
                SKPngEncoderFilterFlags.Paeth,
            }
        )
        {
            using SKPixmap map = bitmap.PeekPixels()!;
            using SKData data = map.Encode(new SKPngEncoderOptions(filter, 6))!;
            byte[] file = data.ToArray();
            Assert.Equal(16, file[24]);
            byte[] grey = Greys(file);
            Assert.All(Enumerable.Range(0, 1600), i => Assert.InRange(grey[i] - samples[i] * 255 / 4095, -1, 1));
        }
    }

    [Fact]
    public void A_jpeg_may_lack_its_last_bytes()
    {
        byte[] whole = Pictures.Encode(
            SKEncodedImageFormat.Jpeg,
            100,
            80,
            (y, x) => new SKColor((byte)(x * y), (byte)(2 * x), (byte)(3 * y))
        );
        byte[] pixels = Picture.Decode(whole, "").Rgba.ToArray();
        Assert.Equal([0xFF, 0xD9], whole[^2..]);
        Assert.Equal(pixels, Picture.Decode(whole.AsSpan(..^1), "").Rgba.ToArray());
        Assert.Equal(pixels, Picture.Decode(whole.AsSpan(..^2), "").Rgba.ToArray());
        Refused(whole[..(whole.Length * 9 / 10)], "ends too early");
    }

    [Fact]
    public void What_has_the_size_asked_for_comes_out_as_it_went_in()
    {
        byte[] values = [.. Enumerable.Range(0, 256).Select(v => (byte)v)];
        Picture picture = Picture.Decode(Pictures.Png(16, 16, 8, 0, y => values[(16 * y)..(16 * y + 16)]), "");
        Assert.Equal(values, picture.Scale(new Shape(1, 16, 16)));
        Assert.Equal([.. values, .. values, .. values], picture.Scale(new Shape(3, 16, 16)));
        Assert.False(picture.HasColour);
    }

    [Fact]
    public void Scaling_keeps_brightness()
    {
        Picture picture = Picture.Decode(Pictures.Png(100, 60, 8, 0, y => [.. Enumerable.Range(0, 100).Select(x => (byte)(x + y))]), "");
        foreach ((int height, int width) in new[] { (6, 10), (7, 9), (60, 1), (1, 100), (120, 200), (61, 99) })
        {
            Assert.InRange(picture.Scale(new Shape(1, height, width)).Average(v => (double)v), 78, 80);
        }

        Assert.Throws<ArgumentException>(() => picture.Scale(new Shape(2, 5, 5)));
    }

    [Fact]
    public void Transparent_pictures_get_a_ground_that_shows_them()
    {
        byte[] Flat(byte ink) => Picture.Decode(Pictures.Png(2, 1, 8, 4, _ => [ink, 255, 0, 0]), "").Scale(new Shape(1, 1, 2));
        Assert.Equal([0, 255], Flat(0));
        Assert.Equal([255, 0], Flat(255));
        // A card, light with dark ink: its ground is more of the card.
        byte[] card = [200, 255, 200, 255, 200, 255, 10, 255, 0, 0];
        Assert.Equal([200, 200, 200, 10, 200], Picture.Decode(Pictures.Png(5, 1, 8, 4, _ => card), "").Scale(new Shape(1, 1, 5)));
    }

    [Theory]
    [InlineData("is empty", "")]
    [InlineData("is not a PNG", "68656C6C6F")]
    [InlineData("is not a PNG", "89504E470D0A1A0A")]
    [InlineData("is not a PNG", "FFD8FF")]
    [InlineData("is not a PNG", "0000050500000000000000")] // as a WBMP it would be an image of 5 x 5
    public void What_is_no_image_is_refused(string reason, string hex) => Refused(Convert.FromHexString(hex), reason);

    [Fact]
    public void Images_of_no_pixels_are_refused()
    {
        Refused(Pictures.Png(0, 5, 8, 0, _ => []), "is not a PNG");
        Refused(Pictures.Png(5, 0, 8, 0, _ => []), "is not a PNG");
        Refused(Pictures.Bmp(0, 0, (_, _) => 0), "is not a PNG");
    }

    [Fact]
    public void Fifty_megapixels_are_refused_before_memory_is_taken()
    {
        byte[] file = Pictures.Png(8000, 6250, 1, 0, _ => new byte[1000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(file, "8000 x 6250 pixels, more than 24 million");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        byte[] bmp = Pictures.Bmp(4, 4, (_, _) => 0);
        (bmp[20], bmp[21], bmp[24], bmp[25]) = (0, 0x7F, 0, 0x7F); // 2^31 and more columns and rows are promised
        Refused(bmp);
        // A file of a megabyte may have more pixels.
        Refused([.. file, .. new byte[1 << 20]], "8000 x 6250 pixels, more than 40 million");
    }

    [Fact]
    public void Truncated_files_are_refused()
    {
        byte[][] files =
        [
            Pictures.Png(40, 40, 8, 0, y => [.. Enumerable.Range(0, 40).Select(x => (byte)(x * y * 7))]),
            Pictures.Encode(SKEncodedImageFormat.Jpeg, 40, 40, (y, x) => new SKColor((byte)(x * y), (byte)x, (byte)y)),
            Pictures.Encode(SKEncodedImageFormat.Webp, 40, 40, (y, x) => new SKColor((byte)(x * y), (byte)x, (byte)y)),
            Pictures.Bmp(40, 40, (y, x) => (byte)(x * y)),
        ];
        foreach (byte[] file in files)
        {
            for (int part = 1; part < 8; part++)
            {
                Refused(file[..(file.Length * part / 8)]);
            }
        }
        Refused(Pictures.Gif[..20]);
    }

    [Fact]
    public void Damaged_files_give_an_image_or_a_sentence()
    {
        byte[][] files =
        [
            Pictures.Png(9, 7, 8, 6, y => [.. Enumerable.Range(0, 36).Select(x => (byte)(x * y * 7))]),
            Pictures.Jpeg(6),
            Pictures.Encode(SKEncodedImageFormat.Webp, 9, 7, (y, x) => new SKColor((byte)(x * y), (byte)x, (byte)y)),
            Pictures.Bmp(8, 7, (y, x) => (byte)(x * y)),
            Pictures.Gif,
        ];
        Gen.Select(Gen.Int[0, files.Length - 1], Gen.Select(Gen.Int[0, 9999], Gen.Byte).Array[1, 6])
            .Sample(
                (which, changes) =>
                {
                    byte[] file = [.. files[which]];
                    foreach ((int at, byte value) in changes)
                    {
                        file[at % file.Length] = value;
                    }

                    try
                    {
                        Picture picture = Picture.Decode(file, "name");
                        Assert.Equal(784, picture.Scale(new Shape(1, 28, 28)).Length);
                        Assert.Equal(784, DigitImage.From(picture, "name").Length);
                    }
                    catch (DatasetException e)
                    {
                        Assert.StartsWith("name ", e.Message, StringComparison.Ordinal);
                    }
                },
                iter: 300
            );
    }

    [Fact]
    public void Files_are_known_by_their_content()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(32, Picture.Load(folder.Add("photo.png", Pictures.Jpeg(1))).Width);
        string text = folder.Add("text.png", "a text");
        foreach (string path in new[] { text, folder.Path, folder.File("none.png"), "nul\0.png", "" })
        {
            Assert.Contains(path, Assert.Throws<DatasetException>(() => Picture.Load(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_named_pipe_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among files.");
        using var folder = new TemporaryFolder();
        string pipe = folder.File("pipe.png"),
            link = folder.File("link.png");
        using (Process made = Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(link, pipe);
        foreach (string path in new[] { pipe, link })
        {
            Exception? refused = await Task.Run(() => Record.Exception(() => Picture.Load(path)), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Contains($"{path} is empty, or a pipe", Assert.IsType<DatasetException>(refused).Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Greys(byte[] file)
    {
        Picture picture = Picture.Decode(file, "");
        return picture.Scale(new Shape(1, picture.Height, picture.Width));
    }

    private static void Refused(byte[] file, string reason = "")
    {
        string message = Assert.Throws<DatasetException>(() => Picture.Decode(file, "name")).Message;
        Assert.StartsWith("name ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }
}
