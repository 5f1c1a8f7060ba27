namespace Onebit.Training;

/// <summary>The learning rate over time.</summary>
/// <param name="Type">The shape.</param>
/// <param name="Factor">What <c>exponential</c> multiplies the rate with after each epoch.</param>
public sealed record ScheduleSpec(ScheduleType Type, double Factor = 1)
{
    /// <summary>The factor on the starting rate.</summary>
    /// <param name="epoch">Epochs done, with the fraction of the one at hand.</param>
    /// <param name="epochs">Epochs in all.</param>
    public double FactorAt(double epoch, int epochs) =>
        Type == ScheduleType.Exponential ? Math.Pow(Factor, Math.Floor(epoch)) : 0.5 * (1 + Math.Cos(Math.PI * epoch / epochs));
}
