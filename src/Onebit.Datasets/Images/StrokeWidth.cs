namespace Onebit.Datasets;

/// <summary>How thick lines are, and making them thicker or thinner.</summary>
internal static class StrokeWidth
{
    // Of MNIST's training images, measured as here, nine of ten lie between these; in pixels of its box of 20.
    internal const double Thin = 1.6,
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
        float half = Floats.Max(ink.Values) / 2;
        long area = 0,
            outline = 0; // Sides between a pixel of ink and one of none; beyond the plane there is none.
        bool[] above = new bool[ink.Width];
        for (int y = 0; y < ink.Height; y++)
        {
            ReadOnlySpan<float> row = ink.Values.AsSpan(y * ink.Width, ink.Width);
            bool before = false;
            for (int x = 0; x < above.Length; x++)
            {
                bool inside = row[x] >= half;
                area += inside ? 1 : 0;
                outline += (inside != before ? 1 : 0) + (inside != above[x] ? 1 : 0);
                above[x] = before = inside;
            }

            outline += before ? 1 : 0;
        }

        outline += above.Count(inside => inside);
        // A slanted line's staircase is longer than the line, by 4 / pi on average.
        return outline == 0 ? 0 : 2 * area / (outline * Math.PI / 4);
    }

    /// <summary>The largest ink within a disk around each pixel, in a plane with room for it.</summary>
    private static Plane Thicken(Plane ink, int radius)
    {
        var thick = new Plane(ink.Height + 2 * radius, ink.Width + 2 * radius);
        // The largest within a reach to both sides, of which each row of the disk has its own.
        float[] largest = new float[ink.Height * thick.Width],
            wider = new float[largest.Length];
        for (int y = 0; y < ink.Height; y++)
        {
            ink.Values.AsSpan(y * ink.Width, ink.Width).CopyTo(largest.AsSpan(y * thick.Width + radius));
        }

        for (int reach = 0; reach <= radius; reach++)
        {
            for (int dy = -radius; dy <= radius; dy++)
            {
                if ((int)Math.Sqrt(radius * radius - dy * dy) == reach)
                {
                    Span<float> rows = thick.Values.AsSpan((radius + dy) * thick.Width, largest.Length);
                    Floats.Extremes(rows, largest, rows, largest: true);
                }
            }

            // Rows have room for the last reach, so that none comes into the next.
            largest.CopyTo(wider, 0);
            Floats.Extremes(wider.AsSpan(1), largest.AsSpan(..^1), wider.AsSpan(1), largest: true);
            Floats.Extremes(wider.AsSpan(..^1), largest.AsSpan(1), wider, largest: true);
            (largest, wider) = (wider, largest);
        }

        return thick;
    }
}
