using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit.Datasets;

/// <summary>The paper behind the ink: what is there most, as smoothly as light falls.</summary>
internal static class Paper
{
    private const int Terms = 6; // 1, x, y, x^2, x y, y^2

    /// <summary>Takes the paper away: about 0 is left where there is no ink.</summary>
    /// <param name="plane">One channel.</param>
    /// <param name="varies">Fits a paraboloid; else takes one value for the whole.</param>
    public static void Subtract(Plane plane, bool varies)
    {
        double[] surface = varies ? Fit(plane) : [Floats.Median(plane.Values), 0, 0, 0, 0, 0],
            x = [.. Enumerable.Range(0, plane.Width).Select(column => Place(column, plane.Width))],
            y = new double[plane.Width];
        for (int row = 0; row < plane.Height; row++)
        {
            Span<float> values = plane.Values.AsSpan(row * plane.Width, plane.Width);
            y.AsSpan().Fill(Place(row, plane.Height));
            Subtract(surface, x, y, values, values);
        }
    }

    /// <summary>Least squares, again and again with less weight for what is far off (Cauchy's): ink ends with nearly none.</summary>
    private static double[] Fit(Plane plane)
    {
        const int Samples = 4096,
            Iterations = 12;
        const float LeastSpread = 2;
        // A number of samples without a factor in common with the rows' length would be best; an odd step does.
        int step = Math.Max(1, plane.Values.Length / Samples) | 1;
        int count = (plane.Values.Length + step - 1) / step;
        Vector512<double>[] rented = ArrayPool<Vector512<double>>.Shared.Rent(count);
        Span<Vector512<double>> samples = rented.AsSpan(0, count); // The terms, and the value.
        double[] x = new double[count],
            y = new double[count],
            priorities = new double[count];
        float[] values = new float[count];
        for (int s = 0; s < count; s++)
        {
            x[s] = Place(s * step % plane.Width, plane.Width);
            y[s] = Place(s * step / plane.Width, plane.Height);
            values[s] = plane.Values[s * step];
            samples[s] = Vector512.Create(1, x[s], y[s], x[s] * x[s], x[s] * y[s], y[s] * y[s], values[s], 0);
            // The border of a picture is paper more often than its middle.
            priorities[s] = AtBorder(plane, s * step) ? 3 : 1;
        }

        double[] surface = new double[Terms],
            weights = [.. priorities];
        float[] errors = new float[count],
            sizes = new float[count];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            surface = Solve(Equations(samples, weights));
            Subtract(surface, x, y, values, errors);
            for (int s = 0; s < count; s++)
            {
                sizes[s] = Math.Abs(errors[s]);
            }

            Weigh(errors, 1.5 * Math.Max(LeastSpread, Floats.Median(sizes)), priorities, weights);
        }

        ArrayPool<Vector512<double>>.Shared.Return(rented);
        return surface;
    }

    /// <summary>The less a weight, the farther off its value is.</summary>
    private static void Weigh(ReadOnlySpan<float> errors, double spread, ReadOnlySpan<double> priorities, Span<double> weights)
    {
        int i = 0;
        for (; i <= errors.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(errors[i..]), out Vector<double> low, out Vector<double> high);
            Set(weights[i..], priorities[i..], low);
            Set(weights[(i + Vector<double>.Count)..], priorities[(i + Vector<double>.Count)..], high);
        }

        for (; i < errors.Length; i++)
        {
            double far = errors[i] / spread;
            weights[i] = priorities[i] / (1 + far * far);
        }

        void Set(Span<double> to, ReadOnlySpan<double> priority, Vector<double> error)
        {
            Vector<double> far = error / new Vector<double>(spread);
            (new Vector<double>(priority) / (Vector<double>.One + far * far)).CopyTo(to);
        }
    }

    /// <summary>The normal equations, a term each: its products with the others, and last with the values.</summary>
    private static double[,] Equations(ReadOnlySpan<Vector512<double>> samples, ReadOnlySpan<double> weights)
    {
        var sums = new Vector512<double>[Terms];
        ReadOnlySpan<double> numbers = Numbers(samples);
        for (int s = 0; s < samples.Length; s++)
        {
            Vector512<double> sample = samples[s];
            for (int r = 0; r < sums.Length; r++)
            {
                sums[r] += weights[s] * numbers[s * Vector512<double>.Count + r] * sample;
            }
        }

        double[,] equations = new double[Terms, Terms + 1];
        for (int r = 0; r < Terms; r++)
        {
            for (int c = 0; c <= Terms; c++)
            {
                equations[r, c] = sums[r][c];
            }
        }

        return equations;
    }

    private static ReadOnlySpan<double> Numbers(ReadOnlySpan<Vector512<double>> vectors) =>
        MemoryMarshal.Cast<Vector512<double>, double>(vectors);

    private static bool AtBorder(Plane plane, int index)
    {
        int y = index / plane.Width,
            x = index % plane.Width;
        return 12 * Math.Min(y, plane.Height - 1 - y) < plane.Height || 12 * Math.Min(x, plane.Width - 1 - x) < plane.Width;
    }

    /// <summary>From -1 at one end to 1 at the other.</summary>
    private static double Place(int index, int length) => 2.0 * index / length - 1;

    /// <summary>Takes a surface away from values at places. The rest may lie where the values did.</summary>
    private static void Subtract(
        ReadOnlySpan<double> surface,
        ReadOnlySpan<double> x,
        ReadOnlySpan<double> y,
        ReadOnlySpan<float> values,
        Span<float> rest
    )
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[i..]), out Vector<double> low, out Vector<double> high);
            low -= Several(surface, new Vector<double>(x[i..]), new Vector<double>(y[i..]));
            int next = i + Vector<double>.Count;
            high -= Several(surface, new Vector<double>(x[next..]), new Vector<double>(y[next..]));
            Vector.Narrow(low, high).CopyTo(rest[i..]);
        }

        for (; i < values.Length; i++)
        {
            rest[i] = (float)(values[i] - At(surface, x[i], y[i]));
        }
    }

    private static double At(ReadOnlySpan<double> surface, double x, double y) =>
        surface[0] + surface[1] * x + surface[2] * y + surface[3] * (x * x) + surface[4] * (x * y) + surface[5] * (y * y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Several(ReadOnlySpan<double> surface, Vector<double> x, Vector<double> y) =>
        new Vector<double>(surface[0])
        + surface[1] * x
        + surface[2] * y
        + surface[3] * (x * x)
        + surface[4] * (x * y)
        + surface[5] * (y * y);

    /// <summary>Gaussian elimination. A plane of one row or column leaves some terms open: they stay 0.</summary>
    private static double[] Solve(double[,] equations)
    {
        for (int i = 0; i < Terms; i++)
        {
            equations[i, i] += 1e-6;
        }

        for (int pivot = 0; pivot < Terms; pivot++)
        {
            // Symmetric and positive: no rows need be exchanged.
            for (int r = 0; r < Terms; r++)
            {
                double factor = r == pivot ? 0 : equations[r, pivot] / equations[pivot, pivot];
                for (int c = pivot; c <= Terms && factor != 0; c++)
                {
                    equations[r, c] -= factor * equations[pivot, c];
                }
            }
        }

        var solution = new double[Terms];
        for (int i = 0; i < Terms; i++)
        {
            solution[i] = equations[i, Terms] / equations[i, i];
        }

        return solution;
    }
}
