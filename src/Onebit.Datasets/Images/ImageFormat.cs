using System.Buffers.Binary;
using SkiaSharp;

namespace Onebit.Datasets;

/// <summary>The formats of image files that can be read, and how a file's first bytes show one.</summary>
internal static class ImageFormat
{
    /// <summary>What a message calls them.</summary>
    public const string Names = "PNG, JPEG, WebP, BMP or GIF";

    /// <summary>Bytes that <see cref="Find"/> needs.</summary>
    public const int HeadBytes = 18;

    private static readonly HashSet<string> s_endings = new(
        [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"],
        StringComparer.OrdinalIgnoreCase
    );

    // Sizes of a BMP file's second header, which tell it from a text that begins with "BM".
    private static readonly HashSet<uint> s_bmpHeaders = [12, 16, 40, 52, 56, 64, 108, 124];

    public static IReadOnlySet<SKEncodedImageFormat> All { get; } =
        new HashSet<SKEncodedImageFormat>
        {
            SKEncodedImageFormat.Png,
            SKEncodedImageFormat.Jpeg,
            SKEncodedImageFormat.Webp,
            SKEncodedImageFormat.Bmp,
            SKEncodedImageFormat.Gif,
        };

    /// <summary>A file's name claims that it is such an image; one that is not is damaged.</summary>
    public static bool IsClaimedBy(string fileName) => s_endings.Contains(Path.GetExtension(fileName));

    /// <summary>The format that a file's first bytes announce; null: none of these.</summary>
    public static SKEncodedImageFormat? Find(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? SKEncodedImageFormat.Png
        : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? SKEncodedImageFormat.Jpeg
        : head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) ? SKEncodedImageFormat.Gif
        : head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8) ? SKEncodedImageFormat.Webp
        : head.StartsWith("BM"u8) && head.Length >= HeadBytes && s_bmpHeaders.Contains(BinaryPrimitives.ReadUInt32LittleEndian(head[14..]))
            ? SKEncodedImageFormat.Bmp
        : null;
}
