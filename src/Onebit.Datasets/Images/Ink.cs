namespace Onebit.Datasets;

/// <summary>Finds the ink in a picture.</summary>
internal static class Ink
{
    // Of the strongest ink: what is ink for sure, and what is ink beside it.
    private const float Sure = 0.5f,
        Possible = 0.25f;

    // Grey levels that ink must differ from paper by, and how many times the paper's noise.
    private const float Faintest = 10,
        AboveNoise = 4;

    /// <summary>How much ink is at each pixel, 0 to 255; null: there is none.</summary>
    public static Plane? Find(Plane[] colours, DigitSteps steps)
    {
        bool even = steps.HasFlag(DigitSteps.EvenLight);
        Plane[] rests = [.. colours.Select(c => Paper.Subtract(c, even))];
        Plane rest = Plane.Combine(rests, steps.HasFlag(DigitSteps.Colour) ? Direction(rests) : [0.299f, 0.587f, 0.114f]);
        float noise = Noise(rest);
        float sign = steps.HasFlag(DigitSteps.Polarity) && IsLight(rest) ? 1 : -1;
        var ink = new Plane(rest.Height, rest.Width);
        for (int i = 0; i < ink.Values.Length; i++)
        {
            ink.Values[i] = Math.Max(0, sign * rest.Values[i]);
        }

        if (!even)
        {
            return Find(ink, noise, steps);
        }

        // What is wider than any line is a shadow. Lines may be thick, but where the ink then reaches the border, some of it
        // is shadow still.
        Plane? widest = null;
        foreach (double share in new[] { 0.2, 0.1, 0.05 })
        {
            Plane? found = Find(WithoutPlateaus(ink, share), noise, steps);
            if (found is null || !ReachesBorder(found))
            {
                return found ?? widest;
            }

            widest ??= found;
        }

        return widest;
    }

    private static Plane? Find(Plane ink, float noise, DigitSteps steps)
    {
        float strongest = Strongest(ink);
        if (strongest < Faintest || strongest < AboveNoise * noise)
        {
            return null;
        }

        Plane clean = steps.HasFlag(DigitSteps.Clean) ? Clean(ink, strongest, noise) : ink;
        float factor = steps.HasFlag(DigitSteps.Contrast) ? 255 / strongest : 1;
        var found = new Plane(ink.Height, ink.Width);
        for (int i = 0; i < found.Values.Length; i++)
        {
            found.Values[i] = Math.Min(255, factor * clean.Values[i]);
        }

        return found;
    }

    private static bool ReachesBorder(Plane ink)
    {
        float least = Possible * ink.Values.Max();
        return Enumerable.Range(0, ink.Width).Any(x => ink.Values[x] >= least || ink.Values[^(x + 1)] >= least)
            || Enumerable.Range(0, ink.Height).Any(y => ink.Values[y * ink.Width] >= least || ink.Values[(y + 1) * ink.Width - 1] >= least);
    }

    /// <summary>The smallest rectangle that holds all ink.</summary>
    public static Plane Crop(Plane ink)
    {
        float least = Possible * ink.Values.Max();
        (int top, int left, int bottom, int right) = (ink.Height, ink.Width, -1, -1);
        for (int i = 0; i < ink.Values.Length; i++)
        {
            if (ink.Values[i] >= least)
            {
                (int y, int x) = (i / ink.Width, i % ink.Width);
                (top, bottom, left, right) = (Math.Min(top, y), Math.Max(bottom, y), Math.Min(left, x), Math.Max(right, x));
            }
        }

        return ink.Crop(top, left, bottom - top + 1, right - left + 1);
    }

    /// <summary>The direction in which colours differ most from the paper's: the first principal component, by power iteration.</summary>
    private static float[] Direction(Plane[] rests)
    {
        var products = new double[3, 3];
        for (int i = 0; i < rests[0].Values.Length; i++)
        {
            for (int r = 0; r < 3; r++)
            {
                for (int c = 0; c < 3; c++)
                {
                    products[r, c] += (double)rests[r].Values[i] * rests[c].Values[i];
                }
            }
        }

        double[] direction = [0.299, 0.587, 0.114];
        for (int iteration = 0; iteration < 30; iteration++)
        {
            double[] next = [.. Enumerable.Range(0, 3).Select(r => Enumerable.Range(0, 3).Sum(c => products[r, c] * direction[c]))];
            double length = next.Sum(Math.Abs);
            if (length == 0)
            {
                break;
            }

            direction = [.. next.Select(n => n / length)];
        }

        return [.. direction.Select(d => (float)d)];
    }

    /// <summary>
    /// What differs from paper lies more to the light side: the third moment tells, for ink is far off and little of all.
    /// </summary>
    private static bool IsLight(Plane rest)
    {
        double moment = 0;
        foreach (float value in rest.Values)
        {
            moment += (double)value * value * value;
        }

        return moment > 0;
    }

    /// <summary>Takes away what is wider than a share of the picture's shorter side (a top-hat transform).</summary>
    private static Plane WithoutPlateaus(Plane ink, double share)
    {
        int radius = Math.Max(1, (int)(share * Math.Min(ink.Height, ink.Width)));
        Plane plateaus = ink.Blur(1).Extreme(radius, largest: false).Extreme(radius, largest: true);
        var rest = new Plane(ink.Height, ink.Width);
        for (int i = 0; i < ink.Values.Length; i++)
        {
            rest.Values[i] = Math.Max(0, ink.Values[i] - plateaus.Values[i]);
        }

        return rest;
    }

    /// <summary>
    /// The deviation of the paper's noise: neighbours differ by it wherever there is no edge, which is nearly everywhere.
    /// </summary>
    private static float Noise(Plane rest)
    {
        float[] differences = [.. Enumerable.Range(1, rest.Values.Length - 1).Select(i => Math.Abs(rest.Values[i] - rest.Values[i - 1]))];
        return differences.Length == 0 ? 0 : 1.05f * Paper.Median(differences); // 1.4826 / sqrt(2)
    }

    /// <summary>The mean of the strongest half percent, at least four pixels.</summary>
    private static float Strongest(Plane ink)
    {
        float[] sorted = [.. ink.Values.Order()];
        int count = Math.Min(sorted.Length, Math.Max(4, sorted.Length / 200));
        return sorted.AsSpan(sorted.Length - count).ToArray().Average();
    }

    /// <summary>Keeps connected pieces of ink that are sure somewhere and no specks, with the greys of their edges.</summary>
    private static Plane Clean(Plane ink, float strongest, float noise)
    {
        float possible = Math.Max(Possible * strongest, AboveNoise / 2 * noise),
            sure = Math.Max(Sure * strongest, AboveNoise * noise);
        int[] pieces = new int[ink.Values.Length]; // 0: none.
        var masses = new List<double> { 0 };
        var waiting = new Stack<int>();
        for (int seed = 0; seed < pieces.Length; seed++)
        {
            if (ink.Values[seed] < sure || pieces[seed] != 0)
            {
                continue;
            }

            double mass = 0;
            pieces[seed] = masses.Count;
            waiting.Push(seed);
            while (waiting.TryPop(out int at))
            {
                mass += ink.Values[at];
                (int y, int x) = (at / ink.Width, at % ink.Width);
                for (int v = Math.Max(0, y - 1); v <= Math.Min(ink.Height - 1, y + 1); v++)
                {
                    for (int u = Math.Max(0, x - 1); u <= Math.Min(ink.Width - 1, x + 1); u++)
                    {
                        int next = v * ink.Width + u;
                        if (pieces[next] == 0 && ink.Values[next] >= possible)
                        {
                            pieces[next] = masses.Count;
                            waiting.Push(next);
                        }
                    }
                }
            }

            masses.Add(mass);
        }

        // Pieces of a digit are large; what is small beside them is dirt. Their edges fade below what is possible ink.
        double least = masses.Max() / 15;
        var kept = new Plane(ink.Height, ink.Width);
        for (int i = 0; i < pieces.Length; i++)
        {
            kept.Values[i] = pieces[i] > 0 && masses[pieces[i]] >= least ? 1 : 0;
        }

        kept = kept.Extreme(1, largest: true);
        for (int i = 0; i < pieces.Length; i++)
        {
            kept.Values[i] *= ink.Values[i];
        }

        return kept;
    }
}
