using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using SkiaSharp;

namespace Onebit.Datasets;

/// <summary>
/// A decoded image, upright, in 8 bits a channel with transparency. Files are hostile until checked: their sizes are read,
/// and judged, before memory is taken.
/// </summary>
public sealed class Picture
{
    /// <summary>Pixels that a file may have; each takes 4 bytes.</summary>
    public const int MostPixels = 40_000_000;

    /// <summary>Pixels that a file of less than a megabyte may have: it takes a quarter of a gigabyte at most.</summary>
    public const int MostPixelsOfSmallFiles = 24_000_000;

    private const int MostFileBytes = 1 << 28,
        SmallFileBytes = 1 << 20;

    private Picture(int width, int height, byte[] rgba) => (Width, Height, Rgba) = (width, height, rgba);

    /// <summary>How many to decode at a time: each may take some hundred megabytes, and memory does not grow with cores.</summary>
    public static int Parallelism { get; } = Math.Min(8, Environment.ProcessorCount);

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Height x width x 4 bytes: red, green, blue, opacity; colours are not multiplied by the opacity.</summary>
    public ReadOnlyMemory<byte> Rgba { get; }

    /// <summary>Reads a PNG, JPEG, WebP, BMP or GIF file (its first frame), whatever its name says it is.</summary>
    /// <exception cref="DatasetException">It cannot be read, is no such image, not a whole one, or too large.</exception>
    public static Picture Load(string path) => Decode(Read(path), path);

    /// <summary>SHA-256 of a file's content.</summary>
    /// <exception cref="DatasetException">It cannot be read.</exception>
    internal static byte[] Hash(string path) => SHA256.HashData(Read(path));

    private static byte[] Read(string path)
    {
        try
        {
            if (InputFile.IsEmpty(path))
            {
                return [];
            }

            using FileStream stream = InputFile.Open(path);
            if (stream.Length > MostFileBytes)
            {
                throw new DatasetException($"{path} is too large for an image: {MostFileBytes} bytes are the most.");
            }

            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new DatasetException(
                e is FileNotFoundException or DirectoryNotFoundException
                    ? $"There is no file {path}."
                    : $"{path} cannot be read ({DatasetException.Reason(e)}).",
                e
            );
        }
    }

    /// <summary>Decodes the content of an image file.</summary>
    /// <param name="file">The content.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="DatasetException">It is no PNG, JPEG, WebP, BMP or GIF image, not a whole one, or too large.</exception>
    public static Picture Decode(ReadOnlySpan<byte> file, string name)
    {
        if (file.IsEmpty)
        {
            throw new DatasetException($"{name} is empty, or a pipe or device and no file.");
        }

        using SKData data = SKData.CreateCopy(file);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null || !ImageFormat.All.Contains(codec.EncodedFormat))
        {
            throw new DatasetException($"{name} is not a {ImageFormat.Names} image, or damaged at its beginning.");
        }

        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        int most = file.Length < SmallFileBytes ? MostPixelsOfSmallFiles : MostPixels;
        if ((long)width * height > most)
        {
            throw new DatasetException($"{name} has {width} x {height} pixels, more than {most / 1_000_000} million; make it smaller.");
        }

        SKCodecResult result = Decode(codec, out byte[] rgba);
        if (result == SKCodecResult.IncompleteInput && codec.EncodedFormat == SKEncodedImageFormat.Jpeg)
        {
            result = DecodeWithoutEnd(file, rgba) ? SKCodecResult.Success : result;
        }

        switch (result)
        {
            case SKCodecResult.Success:
                PngSamples.RestoreLowBits(file, rgba);
                SKEncodedOrigin origin = codec.EncodedOrigin;
                // The decoder finds orientation in JPEG files alone.
                return Upright(width, height, rgba, origin == SKEncodedOrigin.TopLeft ? ExifOrientation.Of(file) : origin);
            case SKCodecResult.IncompleteInput:
                throw new DatasetException($"{name} is not a whole image: it ends too early.");
            default:
                throw new DatasetException($"{name} is damaged and cannot be decoded.");
        }
    }

    // No colour space: the numbers as the file has them.
    private static SKCodecResult Decode(SKCodec codec, out byte[] rgba) =>
        codec.GetPixels(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul), out rgba);

    /// <summary>
    /// Decodes a JPEG file that lacks its end, often no more than the two bytes that mark it. Two made-up ends show which pixels depend on
    /// what is missing: those that differ. One in a hundred may.
    /// </summary>
    private static bool DecodeWithoutEnd(ReadOnlySpan<byte> file, byte[] rgba)
    {
        const int Bits = 1 << 16;
        byte[] begun = [.. file.TrimEnd((byte)0xFF)],
            end = [0xFF, 0xD9],
            bits = new byte[Bits];
        Array.Fill(bits, (byte)0x5A);
        if (!Ends(begun, end, out byte[] first) || !Ends([.. begun, .. bits], end, out byte[] second))
        {
            return false;
        }

        ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(first),
            others = MemoryMarshal.Cast<byte, uint>(second);
        int different = 0;
        for (int i = 0; i < pixels.Length; i++)
        {
            different += pixels[i] == others[i] ? 0 : 1;
        }

        first.CopyTo(rgba, 0);
        return 100L * different <= pixels.Length;

        static bool Ends(byte[] begun, byte[] end, out byte[] rgba)
        {
            using SKData data = SKData.CreateCopy([.. begun, .. end]);
            using SKCodec? codec = SKCodec.Create(data);
            rgba = [];
            return codec is not null && Decode(codec, out rgba) == SKCodecResult.Success;
        }
    }

    /// <summary>
    /// The picture scaled to a network's input and nothing else, sides stretched as needed. One that has that size and no
    /// transparency comes out as it went in.
    /// </summary>
    /// <param name="shape">Its channels are 1 for grey, 3 for colour.</param>
    /// <returns>Channels x height x width bytes.</returns>
    /// <exception cref="ArgumentException">There are other numbers of channels.</exception>
    public byte[] Scale(Shape shape)
    {
        Plane[] colours = Planes(shape.Height, shape.Width, flatten: true);
        Plane[] channels = shape.Channels switch
        {
            1 => [Plane.Combine(colours, [0.299f, 0.587f, 0.114f])],
            3 => colours,
            _ => throw new ArgumentException("A picture becomes 1 or 3 channels.", nameof(shape)),
        };
        return [.. channels.SelectMany(c => c.Values, (_, value) => (byte)Math.Clamp(MathF.Round(value), 0, 255))];
    }

    /// <summary>Some pixel is red, green or blue rather than grey.</summary>
    public bool HasColour
    {
        get
        {
            ReadOnlySpan<byte> rgba = Rgba.Span;
            for (int i = 0; i < rgba.Length; i += 4)
            {
                if ((rgba[i] != rgba[i + 1] || rgba[i] != rgba[i + 2]) && rgba[i + 3] > 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Red, green and blue, scaled, from 0 to 255.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="flatten">Lays what is transparent on a <see cref="Ground"/>; else transparency is ignored.</param>
    internal Plane[] Planes(int height, int width, bool flatten)
    {
        const int BlockWidth = 8192; // Of the picture: whole rows in floats would take several times its memory, if it is wide.
        float? ground = flatten ? Ground() : null;
        Plane[] planes = [new(height, width), new(height, width), new(height, width)];
        int columns = (int)Math.Clamp((long)BlockWidth * width / Width, 1, width);
        for (int left = 0; left < width; left += columns)
        {
            ScaleColumns(planes, left, Math.Min(columns, width - left), ground);
        }

        return planes;
    }

    private void ScaleColumns(Plane[] planes, int left, int columns, float? ground)
    {
        (int height, int width) = (planes[0].Height, planes[0].Width);
        (int First, float[] Weights)[] sources =
        [
            .. Enumerable.Range(left, columns).Select(x => Plane.Weights(x, (double)Width / width, Width)),
        ];
        int begin = sources[0].First,
            end = sources[^1].First + sources[^1].Weights.Length;
        float[] sums = new float[4 * (end - begin)]; // Of rows, red, green, blue and opacity in turn.
        ReadOnlySpan<Vector128<float>> pixels = MemoryMarshal.Cast<float, Vector128<float>>(sums);
        for (int y = 0; y < height; y++)
        {
            (int first, float[] weights) = Plane.Weights(y, (double)Height / height, Height);
            sums.AsSpan().Clear();
            for (int i = 0; i < weights.Length; i++)
            {
                ReadOnlySpan<byte> row = Rgba.Span.Slice(4 * ((first + i) * Width + begin), sums.Length);
                if (ground is null)
                {
                    Floats.AddScaled(sums, weights[i], row);
                }
                else
                {
                    AddOn(ground.Value, sums, weights[i], row);
                }
            }

            for (int x = 0; x < columns; x++)
            {
                float[] shares = sources[x].Weights;
                ReadOnlySpan<Vector128<float>> covered = pixels.Slice(sources[x].First - begin, shares.Length);
                Vector128<float> colour = Vector128<float>.Zero;
                for (int i = 0; i < covered.Length; i++)
                {
                    colour += shares[i] * covered[i];
                }

                for (int c = 0; c < planes.Length; c++)
                {
                    planes[c].Values[y * width + left + x] = colour[c];
                }
            }
        }
    }

    /// <summary>Adds pixels that were laid on a ground, times a weight, to sums.</summary>
    private static void AddOn(float ground, Span<float> sums, float weight, ReadOnlySpan<byte> row)
    {
        for (int i = 0; i < row.Length; i += 4)
        {
            int opacity = row[i + 3];
            for (int c = 0; c < 3; c++)
            {
                float value = row[i + c];
                sums[i + c] += weight * (opacity == 255 ? value : (value * opacity + ground * (255 - opacity)) / 255);
            }
        }
    }

    /// <summary>
    /// The grey to lay a transparent picture on; null: nothing is transparent. Opaque pixels of about one brightness are ink
    /// alone and get the ground they stand out from; of several, ink and paper, and get more of the paper.
    /// </summary>
    private float? Ground()
    {
        ReadOnlySpan<byte> rgba = Rgba.Span;
        if (BitConverter.IsLittleEndian && !MemoryMarshal.Cast<byte, uint>(rgba).ContainsAnyExceptInRange(0xFF00_0000u, uint.MaxValue))
        {
            return null; // What comes below would say so too, and later.
        }

        long transparent = 0,
            opaque = 0,
            sum = 0,
            squares = 0;
        Span<long> histogram = stackalloc long[256];
        for (int i = 0; i < rgba.Length; i += 4)
        {
            if (rgba[i + 3] < 255)
            {
                transparent++;
            }

            if (rgba[i + 3] >= 128)
            {
                int grey = (77 * rgba[i] + 150 * rgba[i + 1] + 29 * rgba[i + 2]) >> 8;
                histogram[grey]++;
                opaque++;
                sum += grey;
                squares += grey * grey;
            }
        }

        if (transparent == 0)
        {
            return null;
        }

        const double OneBrightness = 40;
        double mean = opaque == 0 ? 0 : (double)sum / opaque;
        double deviation = opaque == 0 ? 0 : Math.Sqrt(Math.Max(0, (double)squares / opaque - mean * mean));
        if (deviation <= OneBrightness)
        {
            return mean < 128 ? 255 : 0;
        }

        int median = 0;
        for (long below = histogram[0]; 2 * below < opaque; below += histogram[++median]) { }

        return median;
    }

    /// <summary>Turns and mirrors as a camera's EXIF orientation asks.</summary>
    private static Picture Upright(int width, int height, byte[] rgba, SKEncodedOrigin origin)
    {
        if (origin == SKEncodedOrigin.TopLeft)
        {
            return new Picture(width, height, rgba);
        }

        bool swapped = origin >= SKEncodedOrigin.LeftTop; // Rows of the file are columns.
        bool mirrored =
            origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        bool upsideDown =
            origin
            is SKEncodedOrigin.BottomRight
                or SKEncodedOrigin.BottomLeft
                or SKEncodedOrigin.RightBottom
                or SKEncodedOrigin.LeftBottom;
        (int rows, int columns) = swapped ? (width, height) : (height, width);
        var upright = new byte[rgba.Length];
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                int fromX = mirrored ? columns - 1 - x : x,
                    fromY = upsideDown ? rows - 1 - y : y;
                int from = swapped ? fromX * width + fromY : fromY * width + fromX;
                rgba.AsSpan(4 * from, 4).CopyTo(upright.AsSpan(4 * (y * columns + x)));
            }
        }

        return new Picture(columns, rows, upright);
    }
}
