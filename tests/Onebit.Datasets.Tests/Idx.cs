using System.Buffers.Binary;
using System.IO.Compression;

namespace Onebit.Datasets.Tests;

/// <summary>IDX bytes laid out by hand, so that reader and writer are not tested against each other alone.</summary>
internal static class Idx
{
    public static byte[] Bytes(byte[] elements, params uint[] sizes)
    {
        byte[] bytes = [0, 0, 8, (byte)sizes.Length, .. new byte[4 * sizes.Length], .. elements];
        for (int i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 + 4 * i), sizes[i]);
        }
        return bytes;
    }

    /// <summary>Grey images whose pixels count up from <paramref name="first"/>.</summary>
    public static byte[] Images(int count, int height = 2, int width = 3, int first = 0) =>
        Bytes([.. Enumerable.Range(first, count * height * width).Select(i => (byte)i)], (uint)count, (uint)height, (uint)width);

    public static byte[] Labels(params byte[] labels) => Bytes(labels, (uint)labels.Length);

    public static byte[] Gzip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return zipped.ToArray();
    }

    public static ImageSet Read(byte[] images, byte[] labels) =>
        IdxFile.Read(new MemoryStream(images), "the images", new MemoryStream(labels), "the labels");

    /// <summary>Fails unless the action is refused with one sentence that holds each of these.</summary>
    public static void Refused(Action action, params string[] parts)
    {
        string message = Assert.Throws<DatasetException>(action).Message;
        Assert.EndsWith(".", message);
        Assert.DoesNotContain("\n", message);
        Assert.DoesNotContain(". ", message);
        Assert.All(parts, part => Assert.Contains(part, message));
    }
}
