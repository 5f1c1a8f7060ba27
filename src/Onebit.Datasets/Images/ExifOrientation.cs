using System.Buffers.Binary;
using SkiaSharp;

namespace Onebit.Datasets;

/// <summary>The orientation that the EXIF data of a PNG or WebP file asks for.</summary>
internal static class ExifOrientation
{
    private const int Tag = 0x0112,
        EntryBytes = 12;

    public static SKEncodedOrigin Of(ReadOnlySpan<byte> file) =>
        ImageFormat.Find(file) switch
        {
            SKEncodedImageFormat.Png => Read(PngChunks.First(file, "eXIf"u8)),
            SKEncodedImageFormat.Webp => Read(WebpChunk(file)),
            _ => SKEncodedOrigin.TopLeft,
        };

    private static ReadOnlySpan<byte> WebpChunk(ReadOnlySpan<byte> file)
    {
        int at = 12;
        while (file.Length - at >= 8)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            if (length > file.Length - at - 8)
            {
                break;
            }

            if (file[at..].StartsWith("EXIF"u8))
            {
                return file.Slice(at + 8, (int)length);
            }

            at += 8 + (int)length + (int)(length & 1);
        }

        return [];
    }

    /// <summary>A TIFF file's first directory: byte order, its place, a count, and entries of tag, type, count and value.</summary>
    private static SKEncodedOrigin Read(ReadOnlySpan<byte> exif)
    {
        exif = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        bool little = exif.StartsWith("II"u8);
        if (exif.Length < 8 || (!little && !exif.StartsWith("MM"u8)) || UInt32(exif[4..], little) > exif.Length - 2)
        {
            return SKEncodedOrigin.TopLeft;
        }

        ReadOnlySpan<byte> directory = exif[(int)UInt32(exif[4..], little)..];
        int count = UInt16(directory, little);
        directory = directory[2..];
        for (int i = 0; i < count && directory.Length >= EntryBytes; i++)
        {
            if (UInt16(directory, little) == Tag)
            {
                const int Long = 4;
                uint value = UInt16(directory[2..], little) == Long ? UInt32(directory[8..], little) : UInt16(directory[8..], little);
                return value is >= (uint)SKEncodedOrigin.TopLeft and <= (uint)SKEncodedOrigin.LeftBottom
                    ? (SKEncodedOrigin)value
                    : SKEncodedOrigin.TopLeft;
            }

            directory = directory[EntryBytes..];
        }

        return SKEncodedOrigin.TopLeft;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
