namespace Onebit.Datasets;

/// <summary>The paper behind the ink: what is there most, as smoothly as light falls.</summary>
internal static class Paper
{
    private const int Terms = 6; // 1, x, y, x^2, x y, y^2

    /// <summary>The plane without its paper: about 0 where there is no ink.</summary>
    /// <param name="plane">One channel.</param>
    /// <param name="varies">Fits a paraboloid; else takes one value for the whole.</param>
    public static Plane Subtract(Plane plane, bool varies)
    {
        double[] surface = varies ? Fit(plane) : [Median([.. plane.Values]), 0, 0, 0, 0, 0];
        var rest = new Plane(plane.Height, plane.Width);
        Span<double> terms = stackalloc double[Terms];
        for (int i = 0; i < rest.Values.Length; i++)
        {
            SetTerms(terms, plane, i);
            double paper = 0;
            for (int t = 0; t < Terms; t++)
            {
                paper += surface[t] * terms[t];
            }

            rest.Values[i] = (float)(plane.Values[i] - paper);
        }

        return rest;
    }

    public static float Median(float[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
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
        var weights = new double[count];
        for (int s = 0; s < count; s++)
        {
            weights[s] = AtBorder(plane, s * step) ? 3 : 1;
        }

        double[] surface = new double[Terms];
        var errors = new float[count];
        Span<double> terms = stackalloc double[Terms];
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            var equations = new double[Terms, Terms + 1];
            for (int s = 0; s < count; s++)
            {
                SetTerms(terms, plane, s * step);
                for (int r = 0; r < Terms; r++)
                {
                    for (int c = 0; c < Terms; c++)
                    {
                        equations[r, c] += weights[s] * terms[r] * terms[c];
                    }

                    equations[r, Terms] += weights[s] * terms[r] * plane.Values[s * step];
                }
            }

            surface = Solve(equations);
            for (int s = 0; s < count; s++)
            {
                SetTerms(terms, plane, s * step);
                double paper = 0;
                for (int t = 0; t < Terms; t++)
                {
                    paper += surface[t] * terms[t];
                }

                errors[s] = (float)(plane.Values[s * step] - paper);
            }

            double spread = 1.5 * Math.Max(LeastSpread, Median([.. errors.Select(Math.Abs)]));
            for (int s = 0; s < count; s++)
            {
                // The border of a picture is paper more often than its middle.
                weights[s] = (AtBorder(plane, s * step) ? 3 : 1) / (1 + errors[s] / spread * (errors[s] / spread));
            }
        }

        return surface;
    }

    private static bool AtBorder(Plane plane, int index)
    {
        int y = index / plane.Width,
            x = index % plane.Width;
        return 12 * Math.Min(y, plane.Height - 1 - y) < plane.Height || 12 * Math.Min(x, plane.Width - 1 - x) < plane.Width;
    }

    private static void SetTerms(Span<double> terms, Plane plane, int index)
    {
        double x = 2.0 * (index % plane.Width) / plane.Width - 1,
            y = 2.0 * (index / plane.Width) / plane.Height - 1;
        (terms[0], terms[1], terms[2], terms[3], terms[4], terms[5]) = (1, x, y, x * x, x * y, y * y);
    }

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
