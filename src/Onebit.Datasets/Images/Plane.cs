using System.Buffers;

namespace Onebit.Datasets;

/// <summary>One number a pixel.</summary>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
internal sealed class Plane(int height, int width)
{
    public int Height => height;

    public int Width => width;

    /// <summary>Row by row.</summary>
    public float[] Values { get; } = PlaneScope.Zeros(height * width);

    /// <summary>A weighted sum of planes of one size.</summary>
    public static Plane Combine(Plane[] planes, float[] weights)
    {
        var sum = new Plane(planes[0].Height, planes[0].Width);
        for (int p = 0; p < planes.Length; p++)
        {
            Floats.AddScaled(sum.Values, weights[p], planes[p].Values);
        }

        return sum;
    }

    /// <summary>Scaled: smaller by averaging areas, larger by lines between pixels, of equal size not at all.</summary>
    public Plane Resample(int newHeight, int newWidth) =>
        newHeight == height && newWidth == width ? this : AlongRows(newWidth).AlongColumns(newHeight);

    /// <summary>A rectangle of the plane.</summary>
    public Plane Crop(int top, int left, int newHeight, int newWidth)
    {
        var cropped = new Plane(newHeight, newWidth);
        for (int y = 0; y < newHeight; y++)
        {
            Values.AsSpan((top + y) * width + left, newWidth).CopyTo(cropped.Values.AsSpan(y * newWidth));
        }

        return cropped;
    }

    /// <summary>The largest, or smallest, value in a square window around each pixel; outside the plane there is none.</summary>
    public Plane Extreme(int radius, bool largest)
    {
        float none = largest ? float.NegativeInfinity : float.PositiveInfinity;
        (int beside, int above) = (Math.Min(radius, width - 1), Math.Min(radius, height - 1));
        int lineLength = width + 2 * beside,
            rowsLength = width * (height + 2 * above);
        float[] scratch = ArrayPool<float>.Shared.Rent(lineLength + rowsLength);
        Span<float> line = scratch.AsSpan(0, lineLength),
            rows = scratch.AsSpan(lineLength, rowsLength);
        rows.Fill(none);
        for (int y = 0; y < height; y++)
        {
            line.Fill(none);
            Values.AsSpan(y * width, width).CopyTo(line[beside..]);
            Slide(line, rows.Slice((above + y) * width, width), 1, 2 * beside + 1, largest);
        }

        var result = new Plane(height, width);
        Slide(rows, result.Values, width, 2 * above + 1, largest);
        ArrayPool<float>.Shared.Return(scratch);
        return result;
    }

    /// <summary>The mean over a square window around each pixel, as far as it lies within the plane.</summary>
    public Plane Blur(int radius)
    {
        // Running sums: for each pixel one value comes in and one goes out.
        float[] across = ArrayPool<float>.Shared.Rent(height * width);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> from = Values.AsSpan(y * width, width);
            Span<float> to = across.AsSpan(y * width, width);
            double sum = 0;
            for (int x = -radius; x < width; x++)
            {
                if (x + radius < width)
                {
                    sum += from[x + radius];
                }

                if (x - radius > 0)
                {
                    sum -= from[x - radius - 1];
                }

                if (x >= 0)
                {
                    to[x] = (float)(sum / Covered(x, radius, width));
                }
            }
        }

        var blurred = new Plane(height, width);
        double[] sums = new double[width];
        for (int y = -radius; y < height; y++)
        {
            if (y + radius < height)
            {
                ReadOnlySpan<float> entering = across.AsSpan((y + radius) * width, width);
                for (int x = 0; x < sums.Length; x++)
                {
                    sums[x] += entering[x];
                }
            }

            if (y - radius > 0)
            {
                ReadOnlySpan<float> leaving = across.AsSpan((y - radius - 1) * width, width);
                for (int x = 0; x < sums.Length; x++)
                {
                    sums[x] -= leaving[x];
                }
            }

            if (y >= 0)
            {
                Span<float> to = blurred.Values.AsSpan(y * width, width);
                int covered = Covered(y, radius, height);
                for (int x = 0; x < sums.Length; x++)
                {
                    to[x] = (float)(sums[x] / covered);
                }
            }
        }

        ArrayPool<float>.Shared.Return(across);
        return blurred;
    }

    /// <summary>How many of a line's places are within a radius of one of them.</summary>
    private static int Covered(int at, int radius, int length) => Math.Min(at + radius, length - 1) - Math.Max(at - radius, 0) + 1;

    private Plane AlongRows(int newWidth)
    {
        if (newWidth == width)
        {
            return this;
        }

        var result = new Plane(height, newWidth);
        (int First, float[] Weights)[] sources =
        [
            .. Enumerable.Range(0, newWidth).Select(to => Weights(to, (double)width / newWidth, width)),
        ];
        for (int y = 0; y < height; y++)
        {
            for (int to = 0; to < newWidth; to++)
            {
                float[] weights = sources[to].Weights;
                ReadOnlySpan<float> from = Values.AsSpan(y * width + sources[to].First, weights.Length);
                float sum = 0;
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * from[i];
                }

                result.Values[y * newWidth + to] = sum;
            }
        }

        return result;
    }

    private Plane AlongColumns(int newHeight)
    {
        if (newHeight == height)
        {
            return this;
        }

        var result = new Plane(newHeight, width);
        for (int to = 0; to < newHeight; to++)
        {
            (int first, float[] weights) = Weights(to, (double)height / newHeight, height);
            for (int i = 0; i < weights.Length; i++)
            {
                Floats.AddScaled(result.Values.AsSpan(to * width, width), weights[i], Values.AsSpan((first + i) * width, width));
            }
        }

        return result;
    }

    /// <summary>How much of each old pixel, from the first on, is in a new one.</summary>
    public static (int First, float[] Weights) Weights(int to, double scale, int length)
    {
        if (scale > 1)
        {
            double begin = to * scale,
                end = Math.Min((to + 1) * scale, length);
            int firstCovered = (int)begin,
                last = Math.Min((int)Math.Ceiling(end), length);
            var covered = new float[last - firstCovered];
            for (int i = 0; i < covered.Length; i++)
            {
                covered[i] = (float)((Math.Min(end, firstCovered + i + 1) - Math.Max(begin, firstCovered + i)) / (end - begin));
            }

            return (firstCovered, covered);
        }

        double centre = Math.Clamp((to + 0.5) * scale - 0.5, 0, length - 1);
        int before = Math.Min((int)centre, Math.Max(0, length - 2));
        float share = (float)(centre - before);
        return length == 1 ? (0, [1]) : (before, [1 - share, share]);
    }

    /// <summary>
    /// The extreme of each window of values that lie a step apart. Windows become twice as long again and again, in place; of two
    /// that overlap comes the whole.
    /// </summary>
    private static void Slide(Span<float> line, Span<float> to, int step, int window, bool largest)
    {
        int span = 1;
        for (; 2 * span <= window; span *= 2)
        {
            Span<float> second = line[(span * step)..];
            Floats.Extremes(line[..second.Length], second, line, largest);
        }

        Floats.Extremes(line[..to.Length], line.Slice((window - span) * step, to.Length), to, largest);
    }
}
