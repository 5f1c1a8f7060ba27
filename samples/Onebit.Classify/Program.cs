using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Onebit;

long start = Stopwatch.GetTimestamp();
if (args.Length != 2)
{
    Console.Error.WriteLine("Give a model and images: classify MODEL.onebit IMAGES.idx, the images gzipped or not.");
    return 2;
}

try
{
    BitModel model = BitModel.Load(args[0]);
    using Stream stream = Open(args[1]);
    int count = ReadHeader(stream, model.Input);
    int pixels = model.Input.Shape.Count;
    using var output = new StreamWriter(Console.OpenStandardOutput());
    TimeSpan first = default;
    var images = new byte[256 * pixels];
    var classes = new int[256];
    // The first image alone, for its time; then as many at once as the fastest kernels like.
    for (int done = 0, batch = Math.Min(1, count); done < count; done += batch, batch = Math.Min(256, count - done))
    {
        stream.ReadExactly(images, 0, batch * pixels);
        model.PredictBatch(images.AsSpan(0, batch * pixels), classes.AsSpan(0, batch));
        if (done == 0)
        {
            first = Stopwatch.GetElapsedTime(start);
        }

        foreach (int c in classes.AsSpan(0, batch))
        {
            output.WriteLine(c);
        }
    }

    Console.Error.WriteLine(
        $"First class {first.TotalMilliseconds:F1} ms after the start of Main, "
            + $"all {count} after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms."
    );
    return 0;
}
catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static Stream Open(string path)
{
    FileStream file = File.OpenRead(path);
    bool gzipped = file.ReadByte() == 0x1F;
    file.Position = 0;
    return gzipped ? new GZipStream(file, CompressionMode.Decompress) : file;
}

// IDX: 0, 0, 8 for bytes, the number of dimensions, then each of them as a big-endian 32-bit number. The dimensions are
// images, channels if there are more than one, height and width.
static int ReadHeader(Stream stream, ModelInput input)
{
    int[] shape = input.Channels == 1 ? [input.Height, input.Width] : [input.Channels, input.Height, input.Width];
    var header = new byte[4 + 4 * (1 + shape.Length)];
    stream.ReadExactly(header);
    bool fits = header.AsSpan(0, 4).SequenceEqual((ReadOnlySpan<byte>)[0, 0, 8, (byte)(1 + shape.Length)]);
    for (int i = 0; i < shape.Length; i++)
    {
        fits &= BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8 + 4 * i)) == shape[i];
    }

    int count = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
    return fits && count >= 0
        ? count
        : throw new InvalidDataException($"The images are no IDX file of bytes, images x {string.Join(" x ", shape)}.");
}
