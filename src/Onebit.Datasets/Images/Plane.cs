namespace Onebit.Datasets;

/// <summary>One number a pixel.</summary>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
internal sealed class Plane(int height, int width)
{
    public int Height => height;

    public int Width => width;

    /// <summary>Row by row.</summary>
    public float[] Values { get; } = new float[height * width];

    /// <summary>A weighted sum of planes of one size.</summary>
    public static Plane Combine(Plane[] planes, float[] weights)
    {
        var sum = new Plane(planes[0].Height, planes[0].Width);
        for (int i = 0; i < sum.Values.Length; i++)
        {
            for (int p = 0; p < planes.Length; p++)
            {
                sum.Values[i] += weights[p] * planes[p].Values[i];
            }
        }

        return sum;
    }

    /// <summary>Scaled: smaller by averaging areas, larger by lines between pixels, of equal size not at all.</summary>
    public Plane Resample(int newHeight, int newWidth) =>
        newHeight == height && newWidth == width ? this : Along(newWidth, rows: true).Along(newHeight, rows: false);

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
        var across = new Plane(height, width);
        var down = new Plane(height, width);
        for (int y = 0; y < height; y++)
        {
            Slide(Values, across.Values, y * width, 1, width, radius, largest);
        }

        for (int x = 0; x < width; x++)
        {
            Slide(across.Values, down.Values, x, width, height, radius, largest);
        }

        return down;
    }

    /// <summary>The mean over a square window around each pixel, as far as it lies within the plane.</summary>
    public Plane Blur(int radius)
    {
        var blurred = this;
        foreach (bool rows in new[] { true, false })
        {
            var next = new Plane(height, width);
            int length = rows ? width : height,
                step = rows ? 1 : width;
            for (int line = 0; line < (rows ? height : width); line++)
            {
                int start = rows ? line * width : line;
                double sum = 0;
                int count = 0;
                for (int i = -radius; i < length; i++)
                {
                    if (i + radius < length)
                    {
                        sum += blurred.Values[start + (i + radius) * step];
                        count++;
                    }

                    if (i - radius > 0)
                    {
                        sum -= blurred.Values[start + (i - radius - 1) * step];
                        count--;
                    }

                    if (i >= 0)
                    {
                        next.Values[start + i * step] = (float)(sum / count);
                    }
                }
            }

            blurred = next;
        }

        return blurred;
    }

    private Plane Along(int newLength, bool rows)
    {
        int length = rows ? width : height,
            step = rows ? 1 : width;
        if (newLength == length)
        {
            return this;
        }

        var result = rows ? new Plane(height, newLength) : new Plane(newLength, width);
        int newStep = rows ? 1 : width;
        double scale = (double)length / newLength;
        for (int to = 0; to < newLength; to++)
        {
            (int first, float[] weights) = Weights(to, scale, length);
            for (int line = 0; line < (rows ? height : width); line++)
            {
                int from = (rows ? line * width : line) + first * step;
                float sum = 0;
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * Values[from + i * step];
                }

                result.Values[(rows ? line * newLength : line) + to * newStep] = sum;
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

    /// <summary>A running extreme: the window's candidates, best first, in a ring of indices.</summary>
    private static void Slide(float[] from, float[] to, int start, int step, int length, int radius, bool largest)
    {
        var candidates = new int[length];
        int head = 0,
            tail = 0;
        for (int i = 0; i < length + radius; i++)
        {
            if (i < length)
            {
                float value = from[start + i * step];
                while (
                    tail > head
                    && (largest ? from[start + candidates[tail - 1] * step] <= value : from[start + candidates[tail - 1] * step] >= value)
                )
                {
                    tail--;
                }

                candidates[tail++] = i;
            }

            int centre = i - radius;
            if (centre < 0)
            {
                continue;
            }

            while (candidates[head] < centre - radius)
            {
                head++;
            }

            to[start + centre * step] = from[start + candidates[head] * step];
        }
    }
}
