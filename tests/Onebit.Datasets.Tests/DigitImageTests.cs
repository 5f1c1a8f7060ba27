using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>What every prepared digit has, and pictures that show none.</summary>
public class DigitImageTests
{
    [Fact]
    public void A_digit_is_20_pixels_long_white_and_centred_by_mass()
    {
        foreach (Drawing drawing in Drawing.All(3).Where((_, i) => i % 7 == 0))
        {
            byte[] digit = DigitImage.From(Picture.Decode(drawing.File, ""), "");
            int[] rows = [.. Inked(i => digit[i] > 20, i => i / 28)],
                columns = [.. Inked(i => digit[i] > 20, i => i % 28)];
            Assert.InRange(Math.Max(rows[^1] - rows[0], columns[^1] - columns[0]) + 1, 18, 20);
            Assert.InRange(digit.Max(), 250, 255);
            double mass = digit.Sum(v => v);
            // Half a pixel for rounding, and up to 4 where the box would leave the image.
            Assert.InRange(Enumerable.Range(0, 784).Sum(i => digit[i] * (i / 28 + 0.5)) / mass, 14 - 2, 14 + 2);
            Assert.InRange(Enumerable.Range(0, 784).Sum(i => digit[i] * (i % 28 + 0.5)) / mass, 14 - 2, 14 + 2);
        }

        static IEnumerable<int> Inked(Func<int, bool> inked, Func<int, int> side) =>
            Enumerable.Range(0, 784).Where(inked).Select(side).Order();
    }

    [Fact]
    public void Light_on_dark_gives_what_dark_on_light_gives()
    {
        byte[] Drawn(bool inverted) =>
            DigitImage.From(
                Picture.Decode(
                    Pictures.Encode(
                        SKEncodedImageFormat.Png,
                        90,
                        120,
                        (y, x) =>
                        {
                            byte grey = (byte)(
                                Math.Abs(x - 45) < 5 && y is > 20 and < 100 || Math.Abs(y - 60) < 5 && x is > 20 and < 45 ? 40 : 230
                            );
                            grey = inverted ? (byte)(255 - grey) : grey;
                            return new SKColor(grey, grey, grey);
                        }
                    ),
                    ""
                ),
                ""
            );
        Assert.All(Drawn(false).Zip(Drawn(true)), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 1));
    }

    [Fact]
    public void A_picture_takes_the_memory_that_the_one_before_has_left()
    {
        Picture picture = Picture.Decode(Drawing.All(3).MaxBy(drawing => drawing.File.Length)!.File, "");
        // Planes of some hundred kilobytes each, twenty of them. A collection between two pictures may free them, but not in every round.
        long least = Enumerable.Range(0, 10).Min(_ => Bytes());
        Assert.InRange(least, 1, 1_000_000);

        long Bytes()
        {
            DigitImage.From(picture, "");
            long before = GC.GetAllocatedBytesForCurrentThread();
            DigitImage.From(picture, "");
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3000)]
    [InlineData(3000, 1)]
    [InlineData(2, 2)]
    [InlineData(50, 70)]
    public void Blank_pictures_are_refused(int height, int width)
    {
        var random = new Random(1);
        byte Noise() => (byte)random.Next(195, 205);
        Assert.All(
            new Func<int, int, SKColor>[]
            {
                (_, _) => SKColors.White,
                (_, _) => SKColors.Black,
                (_, _) => SKColors.Transparent,
                (_, _) => new(120, 30, 30),
                (_, _) => new(Noise(), Noise(), Noise()),
            },
            paper =>
            {
                Picture picture = Picture.Decode(Pictures.Encode(SKEncodedImageFormat.Png, width, height, paper), "");
                foreach (DigitSteps steps in new[] { DigitSteps.All, DigitSteps.All & ~DigitSteps.EvenLight, DigitSteps.Flatten })
                {
                    Assert.Equal(
                        "my.png shows no ink: it is blank, or too faint.",
                        Assert.Throws<DatasetException>(() => DigitImage.From(picture, "my.png", steps)).Message
                    );
                }
            }
        );
    }
}
