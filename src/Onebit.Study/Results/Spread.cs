namespace Onebit.Study;

/// <summary>One number per seed.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Std">Their sample standard deviation; 0 with one seed.</param>
/// <param name="Values">In the order of the seeds.</param>
public sealed record Spread(double Mean, double Std, IReadOnlyList<double> Values)
{
    /// <summary>Mean and deviation of some numbers, at least one.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = values.ToArray();
        double mean = all.Average();
        double std = all.Length < 2 ? 0 : Math.Sqrt(all.Sum(v => (v - mean) * (v - mean)) / (all.Length - 1));
        return new Spread(mean, std, all);
    }
}
