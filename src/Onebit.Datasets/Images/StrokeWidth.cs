namespace Onebit.Datasets;

/// <summary>How thick lines are, and making them thicker or thinner.</summary>
internal static class StrokeWidth
{
    // Of MNIST's training images, measured as here, nine of ten lie between these; in pixels of its box of 20.
    private const double Thin = 1.6,
        Thick = 3.9;

    /// <summary>Lines no thinner or thicker than MNIST's once the longer side is scaled to <paramref name="boxSide"/>.</summary>
    public static Plane Normalize(Plane ink, int boxSide)
    {
        double box = (double)Math.Max(ink.Height, ink.Width) / boxSide;
        double width = Measure(ink) / box;
        double change =
            width < Thin ? Thin - width
            : width > Thick ? Thick - width
            : 0;
        int radius = (int)Math.Round(Math.Abs(change) * box / 2);
        return radius == 0 ? ink
            : change > 0 ? Thicken(ink, radius)
            : ink.Extreme(radius, largest: false);
    }

    /// <summary>Mean width of lines in pixels: their area over half of their outline.</summary>
    public static double Measure(Plane ink)
    {
        float half = ink.Values.Max() / 2;
        double area = 0;
        int outline = 0;
        for (int y = 0; y < ink.Height; y++)
        {
            for (int x = 0; x < ink.Width; x++)
            {
                bool inside = At(y, x);
                area += inside ? 1 : 0;
                // Sides of pixels on the outline; a slanted line's staircase is longer than the line, by 4 / pi on average.
                outline += inside ? (At(y - 1, x) ? 0 : 1) + (At(y + 1, x) ? 0 : 1) + (At(y, x - 1) ? 0 : 1) + (At(y, x + 1) ? 0 : 1) : 0;
            }
        }

        return outline == 0 ? 0 : 2 * area / (outline * Math.PI / 4);

        bool At(int y, int x) => y >= 0 && x >= 0 && y < ink.Height && x < ink.Width && ink.Values[y * ink.Width + x] >= half;
    }

    /// <summary>The largest ink within a disk around each pixel, in a plane with room for it.</summary>
    private static Plane Thicken(Plane ink, int radius)
    {
        var thick = new Plane(ink.Height + 2 * radius, ink.Width + 2 * radius);
        for (int dy = -radius; dy <= radius; dy++)
        {
            int reach = (int)Math.Sqrt(radius * radius - dy * dy);
            for (int y = 0; y < ink.Height; y++)
            {
                for (int x = 0; x < ink.Width; x++)
                {
                    float value = ink.Values[y * ink.Width + x];
                    if (value == 0)
                    {
                        continue;
                    }

                    Span<float> row = thick.Values.AsSpan((y + radius + dy) * thick.Width + x + radius - reach, 2 * reach + 1);
                    foreach (ref float near in row)
                    {
                        near = Math.Max(near, value);
                    }
                }
            }
        }

        return thick;
    }
}
