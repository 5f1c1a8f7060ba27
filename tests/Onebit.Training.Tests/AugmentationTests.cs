using CsCheck;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public class AugmentationTests
{
    private const int Copies = 300;

    [Fact]
    public void Amounts_of_0_change_nothing() =>
        Images((images, shape) => Assert.Equal(images.Select(p => (float)p), Apply(new AugmentationSpec(), images, shape)));

    [Fact]
    public void Distorted_pixels_are_whole_numbers_from_0_to_255_in_the_same_shape() =>
        Images(
            (images, shape) =>
            {
                using var scope = NewDisposeScope();
                Tensor result = new AugmentationSpec(30, 0.2, 0.3, 20).Apply(tensor(images, shape, ScalarType.Byte));
                Assert.Equal(shape, result.shape);
                Assert.Equal(ScalarType.Float32, result.dtype);
                Assert.All(
                    result.contiguous().data<float>().ToArray(),
                    p => Assert.True(p is >= 0 and <= 255 && p == MathF.Floor(p), p.ToString())
                );
            }
        );

    [Fact]
    public void Translation_moves_by_up_to_its_share_of_each_side()
    {
        (double Right, double Down)[] moves = Spots(new AugmentationSpec(Translation: 0.2), height: 21, width: 41, right: 0, down: 0);
        AssertSpread(moves.Select(m => m.Right), 0.2 * 41, tolerance: 0.1);
        AssertSpread(moves.Select(m => m.Down), 0.2 * 21, tolerance: 0.1);
    }

    [Fact]
    public void Rotation_turns_around_the_centre_by_up_to_its_degrees()
    {
        (double Right, double Down)[] spots = Spots(new AugmentationSpec(Rotation: 30), 31, 31, right: 10, down: 0);
        Assert.All(spots, s => Assert.Equal(10, Math.Sqrt(s.Right * s.Right + s.Down * s.Down), 0.2));
        AssertSpread(spots.Select(s => Math.Atan2(s.Down, s.Right) / Math.PI * 180), 30, tolerance: 1);
    }

    [Fact]
    public void Scaling_moves_from_the_centre_by_up_to_its_share()
    {
        (double Right, double Down)[] spots = Spots(new AugmentationSpec(Scale: 0.25), 31, 31, right: 10, down: -10);
        AssertSpread(spots.Select(s => s.Right - 10), 2.5, tolerance: 0.2);
        Assert.All(spots, s => Assert.Equal(s.Right, -s.Down, 0.1));
    }

    [Fact]
    public void Shear_slants_by_up_to_its_degrees()
    {
        (double Right, double Down)[] spots = Spots(new AugmentationSpec(Shear: 20), 31, 31, right: 0, down: 10);
        Assert.All(spots, s => Assert.Equal(10, s.Down, 0.1));
        AssertSpread(spots.Select(s => Math.Atan2(s.Right, s.Down) / Math.PI * 180), 20, tolerance: 1);
    }

    [Fact]
    public void Mirroring_turns_about_half_of_the_images_left_to_right()
    {
        (double Right, double Down)[] spots = Spots(new AugmentationSpec(Mirror: true), 31, 31, right: 10, down: 5);
        Assert.All(spots, s => Assert.True(Math.Abs(Math.Abs(s.Right) - 10) < 0.01 && Math.Abs(s.Down - 5) < 0.01, s.ToString()));
        Assert.InRange(spots.Count(s => s.Right < 0), 0.4 * Copies, 0.6 * Copies);
    }

    [Fact]
    public void The_same_seed_gives_the_same_distortions()
    {
        byte[] images = new byte[4 * 15 * 15];
        new Random(1).NextBytes(images);
        float[] Seeded(int seed)
        {
            manual_seed(seed);
            return Apply(new AugmentationSpec(10, 0.1, 0.1, 10), images, [4, 1, 15, 15]);
        }

        float[] first = Seeded(1);
        Assert.NotEqual(first, Seeded(2));
        Assert.Equal(first, Seeded(1));
    }

    /// <summary>Draws are uniform between minus and plus the largest: all within, some near both ends.</summary>
    private static void AssertSpread(IEnumerable<double> values, double largest, double tolerance)
    {
        double[] all = [.. values];
        Assert.Equal(Copies, all.Length);
        Assert.InRange(all.Max(), 0.9 * largest, largest + tolerance);
        Assert.InRange(all.Min(), -largest - tolerance, -0.9 * largest);
        Assert.InRange(all.Average(), -0.15 * largest, 0.15 * largest);
    }

    /// <summary>Where a spot beside the centre comes to lie in many distorted copies, from the centre.</summary>
    private static (double Right, double Down)[] Spots(AugmentationSpec augmentation, int height, int width, int right, int down)
    {
        byte[] images = new byte[Copies * height * width];
        for (int i = 0; i < Copies; i++)
        {
            for (int p = 0; p < 9; p++)
            {
                images[(i * height + height / 2 + down + p / 3 - 1) * width + width / 2 + right + p % 3 - 1] = 200;
            }
        }
        manual_seed(1);
        float[] result = Apply(augmentation, images, [Copies, 1, height, width]);
        return
        [
            .. Enumerable
                .Range(0, Copies)
                .Select(i =>
                {
                    double mass = 0,
                        x = 0,
                        y = 0;
                    for (int p = 0; p < height * width; p++)
                    {
                        double pixel = result[i * height * width + p];
                        mass += pixel;
                        x += pixel * (p % width - width / 2);
                        y += pixel * (p / width - height / 2);
                    }
                    return (x / mass, y / mass);
                }),
        ];
    }

    private static float[] Apply(AugmentationSpec augmentation, byte[] images, long[] shape)
    {
        using var scope = NewDisposeScope();
        return augmentation.Apply(tensor(images, shape, ScalarType.Byte)).contiguous().data<float>().ToArray();
    }

    private static void Images(Action<byte[], long[]> check) =>
        Gen.Select(Gen.Long[1, 5], Gen.Long[1, 3], Gen.Long[1, 12], Gen.Long[1, 12], Gen.Int)
            .Sample(
                (count, channels, height, width, seed) =>
                {
                    byte[] images = new byte[count * channels * height * width];
                    var random = new Random(seed);
                    random.NextBytes(images);
                    images.AsSpan(0, images.Length / (int)count).Fill(255);
                    check(images, [count, channels, height, width]);
                },
                iter: 50,
                threads: 1
            );
}
