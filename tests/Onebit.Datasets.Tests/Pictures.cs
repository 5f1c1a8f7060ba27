using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>Image files made by hand, where a library would not make them or not so.</summary>
internal static class Pictures
{
    /// <summary>A PNG of any kind.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bits">Bits a sample.</param>
    /// <param name="colourType">0 grey, 2 colour, 3 palette, 4 grey with opacity, 6 colour with opacity.</param>
    /// <param name="row">The bytes of row y.</param>
    /// <param name="palette">Three bytes a colour.</param>
    internal static byte[] Png(int width, int height, byte bits, byte colourType, Func<int, byte[]> row, byte[]? palette = null)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bits, colourType);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(row(y));
            }
        }
        return
        [
            0x89,
            .. "PNG\r\n\u001a\n"u8,
            .. Chunk("IHDR"u8, header),
            .. palette is null ? [] : Chunk("PLTE"u8, palette),
            .. Chunk("IDAT"u8, data.ToArray()),
            .. Chunk("IEND"u8, []),
        ];
    }

    /// <summary>A BMP of 24 bits, blue, green, red, the last row first; width must be a multiple of 4.</summary>
    internal static byte[] Bmp(int width, int height, Func<int, int, byte> grey)
    {
        var file = new byte[54 + 3 * width * height];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        file[10] = 54;
        file[14] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        (file[26], file[28]) = (1, 24);
        for (int i = 0; i < width * height; i++)
        {
            file.AsSpan(54 + 3 * i, 3).Fill(grey(height - 1 - i / width, i % width));
        }

        return file;
    }

    /// <summary>A GIF of two frames of 1 x 1 pixels, black and white; the first is white.</summary>
    internal static byte[] Gif { get; } =
        Convert.FromHexString(
            "474946383961"
                + "01000100"
                + "800000"
                + "000000FFFFFF"
                + "2C00000000"
                + "01000100"
                + "00"
                + "02024C0100" // code size 2: clear, 1, end
                + "2C00000000"
                + "01000100"
                + "00"
                + "0202440100" // clear, 0, end
                + "3B"
        );

    /// <summary>The four quarters of 32 x 16 pixels are black, dark, light and white, as a JPEG with this EXIF orientation.</summary>
    internal static byte[] Jpeg(byte orientation)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(32, 16, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int y = 0; y < 16; y++)
        {
            for (int x = 0; x < 32; x++)
            {
                byte grey = (byte)(y / 8 * 2 * 85 + x / 16 * 85);
                bitmap.SetPixel(x, y, new SKColor(grey, grey, grey));
            }
        }
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);
        byte[] jpeg = data.ToArray();
        byte[] exif = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    internal static byte[] Encode(SKEncodedImageFormat format, int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, colour(y, x));
            }
        }
        using SKData data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    /// <summary>A chunk of a PNG file.</summary>
    internal static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] content = [.. type, .. data];
        var chunk = new byte[8 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        content.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + content.Length), Crc32(content));
        return chunk;
    }

    private static uint Crc32(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
