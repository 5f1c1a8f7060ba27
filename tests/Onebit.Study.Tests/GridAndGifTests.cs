using Onebit.Datasets;
using SkiaSharp;

namespace Onebit.Study.Tests;

public sealed class GridAndGifTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_lie_in_rows_with_gaps_and_empty_places()
    {
        var images = new ImageSet(new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[3], 1, 1, 2);
        (byte[] pixels, int width, int height) = ImageGrid.Draw(images, columns: 2, gap: 1, background: 9);
        Assert.Equal((5, 3), (width, height));
        byte[] expected = [1, 2, 9, 3, 4, 9, 9, 9, 9, 9, 5, 6, 9, 9, 9];
        Assert.Equal(expected, pixels);
        string path = _folder.File("grid.png");
        ImageGrid.Write(path, (pixels, width, height));
        using SKBitmap read = SKBitmap.Decode(path);
        Assert.Equal(expected, read.Pixels.Select(p => p.Red));
        Assert.Equal(["grid.png"], _folder.FileNames);
    }

    [Fact]
    public void Pixels_of_a_grid_grow_by_whole_numbers()
    {
        var images = new ImageSet(new byte[] { 1, 2, 3, 4 }, new byte[1], 1, 2, 2);
        (byte[] pixels, int width, int height) = ImageGrid.Draw(images, columns: 1, scale: 2);
        Assert.Equal((4, 4), (width, height));
        Assert.Equal([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], pixels);
        Assert.Throws<ArgumentException>(() => ImageGrid.Draw(new ImageSet(new byte[3], new byte[1], 3, 1, 1), 1));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(64, 200)] // Noise of so many pixels fills the table of codes several times.
    [InlineData(301, 77)]
    public void An_animation_is_read_as_it_was_written(int width, int height)
    {
        var random = new Random(1);
        byte[] noise = new byte[width * height];
        random.NextBytes(noise);
        byte[] even = [.. noise.Select(_ => (byte)200)];
        byte[] ramp = [.. noise.Select((_, i) => (byte)(i % width * 255 / width))];
        byte[] two = [.. noise.Select(n => (byte)(n < 60 ? 255 : 0))];
        (byte[] Pixels, int Delay)[] frames = [(noise, 5), (even, 100), (ramp, 7), (two, 300)];
        string path = _folder.File("steps.gif");
        AnimatedGif.Write(path, width, height, frames);
        using SKCodec codec = SKCodec.Create(path);
        Assert.Equal(SKEncodedImageFormat.Gif, codec.EncodedFormat);
        Assert.Equal((width, height, 4), (codec.Info.Width, codec.Info.Height, codec.FrameCount));
        Assert.Equal(-1, codec.RepetitionCount);
        Assert.Equal(frames.Select(f => 10 * f.Delay), codec.FrameInfo.Select(f => f.Duration));
        for (int i = 0; i < frames.Length; i++)
        {
            using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
            Assert.Equal(SKCodecResult.Success, codec.GetPixels(bitmap.Info, bitmap.GetPixels(), new SKCodecOptions(i)));
            Assert.Equal(frames[i].Pixels, bitmap.Pixels.Select(p => p.Red));
            Assert.All(bitmap.Pixels, p => Assert.True(p.Red == p.Green && p.Red == p.Blue && p.Alpha == 255));
        }
    }

    [Fact]
    public void Every_length_of_noise_is_read_back()
    {
        // The last code may be the one that needs another bit.
        var random = new Random(2);
        for (int length = 240; length < 1040; length++)
        {
            byte[] noise = new byte[length];
            random.NextBytes(noise);
            using SKBitmap read = SKBitmap.Decode(AnimatedGif.Encode(length, 1, [(noise, 0)]));
            Assert.Equal(noise, read.Pixels.Select(p => p.Red));
        }
    }

    [Fact]
    public void Frames_of_another_size_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode(2, 2, []));
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode(2, 2, [(new byte[3], 1)]));
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode(2, 2, [(new byte[4], 70_000)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => AnimatedGif.Encode(70_000, 1, [(new byte[70_000], 1)]));
    }
}
