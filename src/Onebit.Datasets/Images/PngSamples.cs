using System.Buffers.Binary;
using System.IO.Compression;

namespace Onebit.Datasets;

/// <summary>
/// PNG files of 16-bit samples of which only 8, 10 or 12 bits are used, as cameras and scanners write them. The decoder keeps the upper
/// eight bits, which are almost black.
/// </summary>
internal static class PngSamples
{
    private const int HeaderBytes = 13;

    private static readonly int[] s_usedBits = [8, 10, 12];

    /// <summary>Takes the bits that are used where the decoder saw 12 or fewer; all other pictures stay as they are.</summary>
    /// <param name="file">Any image file.</param>
    /// <param name="rgba">What the decoder made of it.</param>
    public static void RestoreLowBits(ReadOnlySpan<byte> file, byte[] rgba)
    {
        if (ImageFormat.Find(file) != SkiaSharp.SKEncodedImageFormat.Png)
        {
            return;
        }

        ReadOnlySpan<byte> header = PngChunks.First(file, "IHDR"u8);
        int channels =
            header.Length != HeaderBytes
                ? 0
                : header[9] switch
                {
                    0 => 1,
                    2 => 3,
                    4 => 2,
                    6 => 4,
                    _ => 0,
                };
        bool interlaced = header.Length == HeaderBytes && header[12] != 0;
        if (channels == 0 || header[8] != 16 || interlaced || UsesUpperBits(rgba))
        {
            return;
        }

        int width = BinaryPrimitives.ReadInt32BigEndian(header),
            height = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        int colours = channels < 3 ? 1 : 3,
            max = 0;
        try
        {
            // Twice: the largest sample says how many bits are used.
            Rows(file, width, height, channels, (_, row) => max = Math.Max(max, Largest(row, channels, colours)));
            int bits = s_usedBits.FirstOrDefault(b => max < 1 << b);
            if (bits > 0)
            {
                Rows(file, width, height, channels, (y, row) => Write(row, channels, colours, bits, rgba.AsSpan(4 * y * width, 4 * width)));
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            // Chunks in an order of its own: what the decoder gave stands.
        }
    }

    private static void Write(ReadOnlySpan<byte> row, int channels, int colours, int bits, Span<byte> rgba)
    {
        for (int x = 0; x < rgba.Length / 4; x++)
        {
            for (int c = 0; c < 3; c++)
            {
                int sample = BinaryPrimitives.ReadUInt16BigEndian(row[(2 * (x * channels + c % colours))..]);
                rgba[4 * x + c] = (byte)((255 * sample + (1 << (bits - 1))) / ((1 << bits) - 1));
            }
        }
    }

    private static bool UsesUpperBits(ReadOnlySpan<byte> rgba)
    {
        for (int i = 0; i < rgba.Length; i++)
        {
            if (i % 4 != 3 && rgba[i] >= 1 << 4)
            {
                return true;
            }
        }

        return false;
    }

    private static int Largest(ReadOnlySpan<byte> row, int channels, int colours)
    {
        int largest = 0;
        for (int i = 0; i < row.Length / 2; i++)
        {
            largest = i % channels < colours ? Math.Max(largest, BinaryPrimitives.ReadUInt16BigEndian(row[(2 * i)..])) : largest;
        }

        return largest;
    }

    private delegate void RowReader(int y, ReadOnlySpan<byte> row);

    /// <summary>Unpacks row after row and undoes its filter (PNG specification, section 9).</summary>
    private static void Rows(ReadOnlySpan<byte> file, int width, int height, int channels, RowReader read)
    {
        using var unpacked = new ZLibStream(PngChunks.Join(file, "IDAT"u8), CompressionMode.Decompress);
        int pixel = 2 * channels;
        // A pixel of zeros before each row.
        byte[] row = new byte[pixel + pixel * width],
            above = new byte[row.Length];
        for (int y = 0; y < height; y++)
        {
            int filter = unpacked.ReadByte();
            unpacked.ReadExactly(row.AsSpan(pixel));
            for (int i = pixel; i < row.Length; i++)
            {
                int left = row[i - pixel],
                    up = above[i];
                row[i] += (byte)(
                    filter switch
                    {
                        1 => left,
                        2 => up,
                        3 => (left + up) / 2,
                        4 => Paeth(left, up, above[i - pixel]),
                        _ => 0,
                    }
                );
            }

            read(y, row.AsSpan(pixel));
            (row, above) = (above, row);
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        (int a, int b, int c) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return a <= b && a <= c ? left
            : b <= c ? up
            : corner;
    }
}
