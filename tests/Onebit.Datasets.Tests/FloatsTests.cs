using CsCheck;

namespace Onebit.Datasets.Tests;

/// <summary>Vectors, windows and order statistics against the loops that define them, to the last bit.</summary>
public class FloatsTests
{
    private static readonly Gen<float> s_value = Gen.OneOf(Gen.Float[0, 255], Gen.Int[0, 3].Select(i => (float)i));

    [Fact]
    public void An_order_statistic_is_what_sorting_gives() =>
        s_value
            .Array[1, 300]
            .Sample(values =>
            {
                float[] sorted = [.. values.Order()];
                Assert.All(sorted, (value, index) => Assert.Equal(value, Floats.OrderStatistic(values, index)));
                Assert.Equal(sorted[values.Length / 2], Floats.Median(values));
                Assert.Equal(sorted[^1], Floats.Max(values));
            });

    [Fact]
    public void Sums_are_those_of_one_value_after_the_other() =>
        Gen.Select(s_value.Array[0, 70], s_value.Array[70], Gen.Byte.Array[70], Gen.Float[0, 1])
            .Sample(
                (sums, values, bytes, factor) =>
                {
                    float[] floats = [.. sums],
                        ofBytes = [.. sums];
                    Floats.AddScaled(floats, factor, values);
                    Floats.AddScaled(ofBytes, factor, bytes);
                    Assert.Equal(sums.Select((sum, i) => sum + factor * values[i]), floats);
                    Assert.Equal(sums.Select((sum, i) => sum + factor * bytes[i]), ofBytes);
                }
            );

    [Fact]
    public void The_extreme_of_a_window_leaves_out_what_is_beyond_the_plane() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[0, 45], Gen.Bool, s_value.Array[1600])
            .Sample(
                (height, width, radius, largest, values) =>
                {
                    var plane = new Plane(height, width);
                    values.AsSpan(0, height * width).CopyTo(plane.Values);
                    Plane extreme = plane.Extreme(radius, largest);
                    for (int i = 0; i < plane.Values.Length; i++)
                    {
                        IEnumerable<float> window = Window(plane, i / width, i % width, radius, (_, _) => true);
                        Assert.Equal(largest ? window.Max() : window.Min(), extreme.Values[i]);
                    }
                },
                iter: 20
            );

    [Fact]
    public void Thin_lines_grow_by_a_disk()
    {
        var line = new Plane(200, 3);
        for (int y = 0; y < line.Height; y++)
        {
            line.Values[3 * y + 1] = 100 + y;
        }

        Plane thick = StrokeWidth.Normalize(line, 20);
        int radius = (thick.Width - line.Width) / 2;
        Assert.InRange(radius, 2, 20);
        var roomy = new Plane(thick.Height, thick.Width);
        for (int y = 0; y < line.Height; y++)
        {
            line.Values.AsSpan(3 * y, 3).CopyTo(roomy.Values.AsSpan((y + radius) * roomy.Width + radius));
        }

        for (int i = 0; i < thick.Values.Length; i++)
        {
            IEnumerable<float> disk = Window(
                roomy,
                i / thick.Width,
                i % thick.Width,
                radius,
                (dy, dx) => dy * dy + dx * dx <= radius * radius
            );
            Assert.Equal(disk.Max(), thick.Values[i]);
        }
    }

    private static IEnumerable<float> Window(Plane plane, int y, int x, int radius, Func<int, int, bool> within)
    {
        for (int v = Math.Max(0, y - radius); v <= Math.Min(plane.Height - 1, y + radius); v++)
        {
            for (int u = Math.Max(0, x - radius); u <= Math.Min(plane.Width - 1, x + radius); u++)
            {
                if (within(v - y, u - x))
                {
                    yield return plane.Values[v * plane.Width + u];
                }
            }
        }
    }
}
