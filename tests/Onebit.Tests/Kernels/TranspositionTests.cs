namespace Onebit.Tests.Kernels;

/// <summary>Pixels to planes, and the bits of strings, one by one.</summary>
public class TranspositionTests
{
    private const byte Untouched = 0xA5;
    private readonly Random _random = new(6);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(255)]
    public void Pixels_that_reach_a_threshold(byte threshold)
    {
        foreach ((int pixels, int count) in Sizes())
        {
            byte[] images = Images(pixels * count, threshold);
            int stride = (count + 63) / 64 * 8;
            var planes = Build.Repeat(Untouched, pixels * stride + 1);
            PixelPlanes.Bits(images, pixels, threshold, ref planes[0], stride);
            Assert.Equal(Untouched, planes[^1]);
            for (int i = 0; i < images.Length; i++)
            {
                (int image, int pixel) = (i / pixels, i % pixels);
                Assert.Equal(images[i] >= threshold ? 1 : 0, (planes[pixel * stride + image / 8] >> (image & 7)) & 1);
            }

            var bits = new ulong[(pixels + 63) / 64];
            PixelPlanes.Binarize(images.AsSpan(0, pixels), threshold, bits);
            for (int pixel = 0; pixel < bits.Length * 64; pixel++)
            {
                Assert.Equal(pixel < pixels && images[pixel] >= threshold ? 1u : 0, (bits[pixel / 64] >> (pixel & 63)) & 1);
            }
        }
    }

    [Fact]
    public void Bytes_of_pixels()
    {
        foreach ((int pixels, int count) in Sizes())
        {
            byte[] images = Images(pixels * count, 128);
            int stride = count + 3;
            var planes = Build.Repeat(Untouched, pixels * stride);
            PixelPlanes.Bytes(images, pixels, ref planes[0], stride);
            for (int i = 0; i < planes.Length; i++)
            {
                (int pixel, int image) = (i / stride, i % stride);
                Assert.Equal(image < count ? images[image * pixels + pixel] : Untouched, planes[i]);
            }
        }
    }

    [Fact]
    public void Matrices_of_bits()
    {
        ulong rows = (ulong)_random.NextInt64(),
            columns = BitMatrix.Transpose(rows);
        for (int i = 0; i < 64; i++)
        {
            Assert.Equal((rows >> i) & 1, (columns >> (i % 8 * 8 + i / 8)) & 1);
        }
    }

    [Fact]
    public void Matrices_of_64_rows()
    {
        Assert.SkipUnless(BitMatrix.IsAccelerated, "This processor does not transpose 8 x 8 bits in one instruction.");
        ulong[] rows = Build.Many(64, () => (ulong)_random.NextInt64(long.MinValue, long.MaxValue));
        const int Stride = 24;
        var columns = Build.Repeat(Untouched, 63 * Stride + sizeof(ulong) + 1);
        BitMatrix.Transpose(ref rows[0], ref columns[0], Stride);
        for (int i = 0; i < 64 * 64; i++)
        {
            (int row, int column) = (i / 64, i % 64);
            Assert.Equal((rows[row] >> column) & 1, (ulong)(columns[column * Stride + row / 8] >> (row & 7)) & 1);
        }

        Assert.Equal(Untouched, columns[sizeof(ulong)]);
        Assert.Equal(Untouched, columns[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(320)]
    public void Positions_of_ones(int ones)
    {
        const ushort Factor = 3;
        var words = new ulong[5];
        int[] positions = [.. Enumerable.Range(0, 64 * words.Length).OrderBy(_ => _random.Next()).Take(ones)];
        foreach (int position in positions)
        {
            words[position / 64] |= 1UL << (position & 63);
        }

        var list = Build.Repeat(ushort.MaxValue, ones + BitString.ListSpare + 1);
        Assert.Equal(ones, BitString.Count(words));
        Assert.Equal(ones, BitString.List(words, Factor, ref list[0]));
        Assert.Equal(positions.Order().Select(position => (ushort)(position * Factor)), list[..ones].Order());
        Assert.Equal(ushort.MaxValue, list[^1]);
    }

    [Fact]
    public void Strings_of_bits()
    {
        for (int start = 0; start < 130; start++)
        {
            for (int count = 0; count <= 64; count++)
            {
                ulong bits = (ulong)_random.NextInt64(long.MinValue, long.MaxValue) & BitString.Low(count);
                var words = new ulong[BitString.Words(start + 64)];
                BitString.Append(ref words[0], start, bits);
                Assert.Equal(bits, BitString.Read(ref words[0], start));
                Assert.Equal(ulong.PopCount(bits), words.Aggregate(0UL, (sum, word) => sum + ulong.PopCount(word)));
                BitString.Append(ref words[0], start, ~BitString.Low(count)); // What is there stays.
                Assert.Equal(bits | ~BitString.Low(count), BitString.Read(ref words[0], start));
            }
        }
    }

    [Fact]
    public void Bits_under_a_mask()
    {
        for (int step = 1; step <= 63; step++)
        {
            int count = _random.Next(64 / step + 1);
            ulong bits = (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
                expected = 0,
                mask = Enumerable.Range(0, count).Aggregate(0UL, (some, i) => some | 1UL << (i * step));
            Assert.Equal(count, (int)ulong.PopCount(mask));
            for (int i = 0; i < count; i++)
            {
                expected |= ((bits >> (i * step)) & 1) << i;
            }

            Assert.Equal(expected, BitString.Extract(bits, mask));
        }
    }

    private static IEnumerable<(int Pixels, int Count)> Sizes() =>
        from pixels in new[] { 1, 7, 31, 32, 33, 63, 65, 97 }
        from count in new[] { 1, 7, 8, 9, 63, 64, 65, 130 }
        select (pixels, count);

    /// <summary>Many of the pixels at the threshold or just below.</summary>
    private byte[] Images(int length, byte threshold)
    {
        var images = new byte[length];
        _random.NextBytes(images);
        for (int i = 0; i < length; i += 3)
        {
            images[i] = (byte)(threshold - _random.Next(2));
        }

        return images;
    }
}
