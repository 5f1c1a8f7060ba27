using Onebit.Datasets;
using SkiaSharp;

namespace Onebit.Study.Tests;

public class SpriteTests
{
    [Fact]
    public void Grey_images_lie_side_by_side()
    {
        var images = new ImageSet(new byte[] { 1, 2, 3, 4, 10, 20, 30, 40 }, new byte[2], 1, 2, 2);
        using SKBitmap sprite = SKBitmap.Decode(Sprite.Png(images, [1, 0]));
        Assert.Equal((4, 2), (sprite.Width, sprite.Height));
        Assert.Equal([10, 20, 1, 2, 30, 40, 3, 4], sprite.Pixels.Select(p => (int)p.Green));
    }

    [Fact]
    public void Three_channels_are_colours()
    {
        var images = new ImageSet(new byte[] { 200, 100, 50 }, new byte[1], 3, 1, 1);
        using SKBitmap sprite = SKBitmap.Decode(Sprite.Png(images, [0]));
        Assert.Equal(new SKColor(200, 100, 50), sprite.Pixels.Single());
    }

    [Fact]
    public void Large_images_shrink()
    {
        byte[] pixels = [.. Enumerable.Range(0, 100 * 191).Select(i => (byte)(i % 191))];
        var images = new ImageSet(pixels, new byte[1], 1, 100, 191);
        using SKBitmap sprite = SKBitmap.Decode(Sprite.Png(images, [0]));
        Assert.Equal((96, 50), (sprite.Width, sprite.Height));
        Assert.Equal((96, 50), (Sprite.TileWidth(images), Sprite.TileHeight(images)));
        Assert.Equal(190, sprite.GetPixel(95, 49).Red);
    }
}
