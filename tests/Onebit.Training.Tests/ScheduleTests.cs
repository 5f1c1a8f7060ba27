namespace Onebit.Training.Tests;

public class ScheduleTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2.5, 0.853553390593)] // (1 + cos 45 degrees) / 2
    [InlineData(5, 0.5)]
    [InlineData(7.5, 0.146446609407)]
    [InlineData(10, 0)]
    public void A_cosine_falls_step_by_step_to_0(double epoch, double factor) =>
        Assert.Equal(factor, new ScheduleSpec(ScheduleType.Cosine).FactorAt(epoch, 10), 1e-9);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.99, 1)]
    [InlineData(1, 0.9)]
    [InlineData(1.5, 0.9)]
    [InlineData(3, 0.729)]
    public void An_exponential_multiplies_after_each_epoch(double epoch, double factor) =>
        Assert.Equal(factor, new ScheduleSpec(ScheduleType.Exponential, Factor: 0.9).FactorAt(epoch, 10), 1e-9);
}
