using System.Buffers;
using System.Runtime.Intrinsics;

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

    /// <summary>How much ink is at each pixel, 0 to 255; null: there is none. The colours lose their paper.</summary>
    public static Plane? Find(Plane[] colours, DigitSteps steps)
    {
        bool even = steps.HasFlag(DigitSteps.EvenLight);
        // The colours of a grey picture are one.
        Plane[] rests = [.. colours.Select(c => c.Values.AsSpan().SequenceEqual(colours[0].Values) ? colours[0] : c)];
        foreach (Plane colour in rests.Distinct())
        {
            Paper.Subtract(colour, even);
        }

        Plane rest = Plane.Combine(rests, steps.HasFlag(DigitSteps.Colour) ? Direction(rests) : [0.299f, 0.587f, 0.114f]);
        float noise = Noise(rest);
        float sign = steps.HasFlag(DigitSteps.Polarity) && IsLight(rest) ? 1 : -1;
        Plane ink = rest; // From here on, for what lies to the other side of the paper is none.
        foreach (ref float value in ink.Values.AsSpan())
        {
            value = Math.Max(0, sign * value);
        }

        if (!even)
        {
            return Find(ink, noise, steps);
        }

        // What is wider than any line is a shadow. Lines may be thick, but where the ink then reaches the border, some of it
        // is shadow still.
        Plane? widest = null;
        Plane smooth = ink.Blur(1);
        foreach (double share in new[] { 0.2, 0.1, 0.05 })
        {
            Plane? found = Find(WithoutPlateaus(ink, smooth, share), noise, steps);
            if (found is null || !ReachesBorder(found))
            {
                return found ?? widest;
            }

            widest ??= found;
        }

        return widest;
    }

    /// <summary>The plane itself, if its ink is strong enough, or one that is clean.</summary>
    private static Plane? Find(Plane ink, float noise, DigitSteps steps)
    {
        float strongest = Strongest(ink);
        if (strongest < Faintest || strongest < AboveNoise * noise)
        {
            return null;
        }

        Plane clean = steps.HasFlag(DigitSteps.Clean) ? Clean(ink, strongest, noise) : ink;
        float factor = steps.HasFlag(DigitSteps.Contrast) ? 255 / strongest : 1;
        foreach (ref float value in clean.Values.AsSpan())
        {
            value = Math.Min(255, factor * value);
        }

        return clean;
    }

    private static bool ReachesBorder(Plane ink)
    {
        float least = Possible * Floats.Max(ink.Values);
        return Enumerable.Range(0, ink.Width).Any(x => ink.Values[x] >= least || ink.Values[^(x + 1)] >= least)
            || Enumerable.Range(0, ink.Height).Any(y => ink.Values[y * ink.Width] >= least || ink.Values[(y + 1) * ink.Width - 1] >= least);
    }

    /// <summary>The smallest rectangle that holds all ink.</summary>
    public static Plane Crop(Plane ink)
    {
        float least = Possible * Floats.Max(ink.Values);
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
        (float[] red, float[] green, float[] blue) = (rests[0].Values, rests[1].Values, rests[2].Values);
        Vector256<double> byRed = default,
            byGreen = default,
            byBlue = default; // The products of each two colours, summed.
        for (int i = 0; i < red.Length; i++)
        {
            var colour = Vector256.Create(red[i], green[i], blue[i], 0.0);
            byRed += colour * red[i];
            byGreen += colour * green[i];
            byBlue += colour * blue[i];
        }

        var direction = Vector256.Create(0.299, 0.587, 0.114, 0);
        for (int iteration = 0; iteration < 30; iteration++)
        {
            Vector256<double> next = byRed * direction[0] + byGreen * direction[1] + byBlue * direction[2];
            double length = Math.Abs(next[0]) + Math.Abs(next[1]) + Math.Abs(next[2]);
            if (length == 0)
            {
                break;
            }

            direction = next / length;
        }

        return [(float)direction[0], (float)direction[1], (float)direction[2]];
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
    private static Plane WithoutPlateaus(Plane ink, Plane smooth, double share)
    {
        int radius = Math.Max(1, (int)(share * Math.Min(ink.Height, ink.Width)));
        Plane rest = smooth.Extreme(radius, largest: false).Extreme(radius, largest: true); // The plateaus, at first.
        for (int i = 0; i < rest.Values.Length; i++)
        {
            rest.Values[i] = Math.Max(0, ink.Values[i] - rest.Values[i]);
        }

        return rest;
    }

    /// <summary>
    /// The deviation of the paper's noise: neighbours differ by it wherever there is no edge, which is nearly everywhere.
    /// </summary>
    private static float Noise(Plane rest)
    {
        float[] scratch = ArrayPool<float>.Shared.Rent(rest.Values.Length);
        Span<float> differences = scratch.AsSpan(0, rest.Values.Length - 1);
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = Math.Abs(rest.Values[i + 1] - rest.Values[i]);
        }

        float noise = differences.Length == 0 ? 0 : 1.05f * Floats.Median(differences); // 1.4826 / sqrt(2)
        ArrayPool<float>.Shared.Return(scratch);
        return noise;
    }

    /// <summary>The mean of the strongest half percent, at least four pixels.</summary>
    private static float Strongest(Plane ink)
    {
        int count = Math.Min(ink.Values.Length, Math.Max(4, ink.Values.Length / 200));
        float least = Floats.OrderStatistic(ink.Values, ink.Values.Length - count);
        // Several may be equal to the least: as many as are left.
        float[] strongest = new float[count];
        strongest.AsSpan().Fill(least);
        int more = 0;
        foreach (float value in ink.Values)
        {
            if (value > least)
            {
                strongest[more++] = value;
            }
        }

        Array.Sort(strongest);
        return strongest.Average();
    }

    /// <summary>Keeps connected pieces of ink that are sure somewhere and no specks, with the greys of their edges.</summary>
    private static Plane Clean(Plane ink, float strongest, float noise)
    {
        float possible = Math.Max(Possible * strongest, AboveNoise / 2 * noise),
            sure = Math.Max(Sure * strongest, AboveNoise * noise);
        int[] rented = ArrayPool<int>.Shared.Rent(ink.Values.Length);
        Span<int> pieces = rented.AsSpan(0, ink.Values.Length); // 0: none.
        pieces.Clear();
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

        ArrayPool<int>.Shared.Return(rented);
        return kept;
    }
}
