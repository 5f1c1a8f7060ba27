namespace Onebit.Study;

/// <summary>Welch's comparison of two means over seeds.</summary>
/// <param name="Difference">The second mean less the first.</param>
/// <param name="Deviations">
/// The same in standard deviations of the difference of means; null: unknown, for one of them has a single seed or neither deviates.
/// </param>
/// <param name="MoreThanChance">Two means of the same would differ as much less than once in twenty times (Student's t, two-sided).</param>
internal sealed record Welch(double Difference, double? Deviations, bool MoreThanChance)
{
    // What |t| passes once in twenty times, by degrees of freedom from 1 on; for more than ten, that of ten.
    private static readonly double[] s_critical = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

    internal static double Critical(int freedom) => s_critical[Math.Clamp(freedom, 1, s_critical.Length) - 1];

    internal static Welch Compare(Spread first, Spread second)
    {
        double difference = second.Mean - first.Mean;
        int n1 = first.Values.Count,
            n2 = second.Values.Count;
        double v1 = first.Std * first.Std / n1,
            v2 = second.Std * second.Std / n2;
        if (n1 < 2 || n2 < 2 || v1 + v2 == 0)
        {
            return new Welch(difference, null, false);
        }

        double deviations = difference / Math.Sqrt(v1 + v2);
        double freedom = (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1));
        return new Welch(difference, deviations, Math.Abs(deviations) > Critical((int)(freedom + 1e-9)));
    }
}
