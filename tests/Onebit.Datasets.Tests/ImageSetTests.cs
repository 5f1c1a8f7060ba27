using CsCheck;

namespace Onebit.Datasets.Tests;

public class ImageSetTests
{
    private static readonly byte[] s_pixels = [.. Enumerable.Range(0, 24).Select(i => (byte)i)];

    [Fact]
    public void Pixels_lie_image_by_image()
    {
        var set = new ImageSet(s_pixels, new byte[] { 7, 8 }, 3, 1, 4);
        Assert.Equal((2, 3, 1, 4), (set.Count, set.Channels, set.Height, set.Width));
        Assert.Equal(s_pixels.AsSpan(12), set.Image(1));
    }

    [Theory]
    [InlineData(2, 3, 1, 5)]
    [InlineData(2, 3, 1, 3)]
    [InlineData(0, 3, 1, 4)]
    [InlineData(2, 0, 1, 4)]
    [InlineData(2, 3, -1, 4)]
    [InlineData(2, -3, -1, 4)]
    [InlineData(2, 3, 1, 0)]
    public void Sizes_must_agree(int labels, int channels, int height, int width) =>
        Assert.ThrowsAny<ArgumentException>(() => new ImageSet(s_pixels, new byte[labels], channels, height, width));

    [Fact]
    public void A_product_that_wraps_to_the_right_number_is_refused() =>
        // 2^64, which is 0 in 64 bits.
        Assert.ThrowsAny<ArgumentException>(() => new ImageSet(Array.Empty<byte>(), new byte[1], 1 << 30, 1 << 30, 1 << 4));

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public void Only_images_of_the_set_can_be_had(int index) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            new ImageSet(s_pixels, new byte[2], 3, 1, 4).Image(index);
        });

    [Fact]
    public void A_slice_holds_the_same_memory()
    {
        var labels = new byte[] { 0, 1, 2, 3, 4, 5 };
        var set = new ImageSet(s_pixels, labels, 1, 2, 2);
        Gen.Select(Gen.Int[-2, 8], Gen.Int[-2, 8])
            .Sample(
                (start, count) =>
                {
                    if (start < 0 || count < 1 || start + count > 6)
                    {
                        Assert.Throws<ArgumentOutOfRangeException>(() => set.Slice(start, count));
                        return;
                    }
                    ImageSet slice = set.Slice(start, count);
                    Assert.Equal(count, slice.Count);
                    Assert.True(slice.Pixels.Span == s_pixels.AsSpan(start * 4, count * 4));
                    Assert.True(slice.Labels.Span == labels.AsSpan(start, count));
                }
            );
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Slice(1, int.MaxValue));
    }

    [Fact]
    public void Some_images_can_be_chosen_in_any_order()
    {
        var set = new ImageSet(new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[] { 7, 8, 9 }, 1, 1, 2);
        ImageSet chosen = set.Select([2, 0, 2]);
        Assert.Equal([5, 6, 1, 2, 5, 6], chosen.Pixels.ToArray());
        Assert.Equal([9, 7, 9], chosen.Labels.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Select([3]));
        Assert.Throws<ArgumentException>(() => set.Select([]));
    }
}
