using System.IO.Compression;
using CsCheck;

namespace Onebit.Datasets.Tests;

/// <summary>Files changed at random are refused with a <see cref="DatasetException"/>, or read as just what they say.</summary>
public class IdxFileMutationTests
{
    private static readonly Gen<(byte[] Images, byte[] Labels)> s_files =
        from count in Gen.Int[1, 6]
        from channels in Gen.Int[1, 3]
        from height in Gen.Int[1, 5]
        from width in Gen.Int[1, 5]
        from pixels in Gen.Byte.Array[count * channels * height * width]
        from labels in Gen.Byte.Array[count]
        select (
            channels == 1
                ? Idx.Bytes(pixels, (uint)count, (uint)height, (uint)width)
                : Idx.Bytes(pixels, (uint)count, (uint)channels, (uint)height, (uint)width),
            Idx.Labels(labels)
        );

    private static readonly Gen<Func<byte[], byte[]>> s_mutation = Gen.OneOf(
        // Headers are short, so changes are aimed at the first bytes half of the time.
        Gen.Select(Gen.OneOf(Gen.Int[0, 19], Gen.Int[0, 400]), Gen.Byte, (at, value) => Change(at, 1, bytes => [value])),
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 7], (at, bit) => Change(at, 1, bytes => [.. bytes.Select(b => (byte)(b ^ (1 << bit)))])),
        Gen.Select(
            Gen.Int[1, 4],
            Gen.OneOf(0u, 1u, 2u, 4096u, 4097u, 65536u, 0x7FFF_FFFFu, 0x8000_0000u, uint.MaxValue),
            (size, value) => Change(4 * size, 4, _ => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value])
        ),
        Gen.Select(Gen.Int[0, 400], Gen.Byte.Array[1, 9], (at, more) => Change(at, 0, _ => more)),
        Gen.Select(Gen.Int[0, 400], Gen.Int[1, 9], (at, length) => Change(at, length, _ => [])),
        Gen.Int[0, 400].Select(at => Change(at, int.MaxValue, _ => [])),
        Gen.Byte.Array[1, 40].Select(more => Change(int.MaxValue, 0, _ => more))
    );

    private static readonly Gen<Func<byte[], byte[]>> s_mutations = s_mutation
        .List[0, 3]
        .Select(steps => new Func<byte[], byte[]>(bytes => steps.Aggregate(bytes, (b, step) => step(b))));

    [Fact]
    public void Plain() => Check(bytes => bytes, afterwards: bytes => bytes);

    [Fact]
    public void Changed_before_gzip() => Check(bytes => bytes, afterwards: Idx.Gzip);

    [Fact]
    public void Changed_after_gzip() => Check(Idx.Gzip, afterwards: bytes => bytes);

    private static void Check(Func<byte[], byte[]> first, Func<byte[], byte[]> afterwards)
    {
        int read = 0,
            refused = 0;
        Gen.Select(s_files, s_mutations, s_mutations)
            .Sample(
                (files, changeImages, changeLabels) =>
                {
                    byte[] images = afterwards(changeImages(first(files.Images)));
                    byte[] labels = afterwards(changeLabels(first(files.Labels)));
                    ImageSet set;
                    try
                    {
                        set = Idx.Read(images, labels);
                    }
                    catch (DatasetException)
                    {
                        Interlocked.Increment(ref refused);
                        return;
                    }
                    Interlocked.Increment(ref read);
                    byte[] plainImages = Unzip(images),
                        plainLabels = Unzip(labels);
                    uint[] sizes = [(uint)set.Count, (uint)set.Channels, (uint)set.Height, (uint)set.Width];
                    Assert.Equal(plainImages, Idx.Bytes(set.Pixels.ToArray(), plainImages[3] == 4 ? sizes : [sizes[0], .. sizes[2..]]));
                    Assert.Equal(plainLabels, Idx.Labels(set.Labels.ToArray()));
                },
                iter: 10_000
            );
        // Otherwise the changes are too weak or too strong to say anything.
        Assert.InRange(read, 500, 9_500);
        Assert.InRange(refused, 500, 9_500);
    }

    private static Func<byte[], byte[]> Change(int at, int length, Func<byte[], byte[]> change) =>
        bytes =>
        {
            int start = Math.Min(at, bytes.Length);
            int end = (int)Math.Min((long)start + length, bytes.Length);
            return [.. bytes[..start], .. change(bytes[start..end]), .. bytes[end..]];
        };

    private static byte[] Unzip(byte[] bytes)
    {
        if (bytes is not [0x1F, 0x8B, ..])
        {
            return bytes;
        }
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
