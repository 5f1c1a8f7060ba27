namespace Onebit.Export;

/// <summary>Thresholds as those of a uniform quantization.</summary>
internal static class EqualSteps
{
    /// <summary>
    /// Factor and offset with <c>clamp(floor(factor * x + offset), 0, levels)</c> equal to the number of thresholds that x reaches, or
    /// where flipped to the levels less that number, for all integers of a range. Null: there are none in float32.
    /// </summary>
    /// <param name="thresholds">In ascending order.</param>
    /// <param name="flipped">The code falls as x grows.</param>
    /// <param name="minimum">The smallest integer.</param>
    /// <param name="maximum">The largest.</param>
    public static (float Factor, float Offset)? Find(ReadOnlySpan<int> thresholds, bool flipped, int minimum, int maximum)
    {
        // Each level asks for a point that reaches it and one that does not: lower and upper bounds of the offset.
        int levels = thresholds.Length;
        var reaching = new List<(int Level, long X)>();
        var missing = new List<(int Level, long X)>();
        for (int j = 1; j <= levels; j++)
        {
            // From here on the code is at least j, or where flipped below j.
            long threshold = Math.Clamp((long)thresholds[flipped ? levels - j : j - 1], minimum, maximum + 1L);
            (long reaches, long misses) = flipped ? (threshold - 1, threshold) : (threshold, threshold - 1);
            if (reaches >= minimum && reaches <= maximum)
            {
                reaching.Add((j, reaches));
            }

            if (misses >= minimum && misses <= maximum)
            {
                missing.Add((j, misses));
            }
        }

        double sign = flipped ? -1 : 1;
        if (reaching.Count == 0 || missing.Count == 0)
        {
            return (0, reaching.Count == 0 ? 0 : levels);
        }

        // The room for an offset is concave in the factor.
        double Least(double f) => reaching.Max(p => p.Level - f * p.X);
        double Most(double f) => missing.Min(p => p.Level - f * p.X);
        (double low, double high) = (0, 2.0 * (levels + 1));
        for (int i = 0; i < 200; i++)
        {
            double a = low + (high - low) / 3,
                b = high - (high - low) / 3;
            (low, high) = Most(sign * a) - Least(sign * a) < Most(sign * b) - Least(sign * b) ? (a, high) : (low, b);
        }

        float factor = (float)(sign * (low + high) / 2),
            offset = (float)((Least(factor) + Most(factor)) / 2);
        // In float32, and exactly.
        bool isExact =
            reaching.All(p => p.X * factor + offset >= p.Level && p.X * (double)factor + offset >= p.Level)
            && missing.All(p => p.X * factor + offset < p.Level && p.X * (double)factor + offset < p.Level);
        return isExact ? (factor, offset) : null;
    }
}
