namespace Onebit.Training;

/// <summary>The optimizer of an experiment.</summary>
/// <param name="Type">Adam (Kingma &amp; Ba 2015; decay rates 0.9 and 0.999), stochastic gradient descent, or Bop.</param>
/// <param name="Rate">Learning rate at the start; with Bop that of Adam for all that is not a binarized weight.</param>
/// <param name="Momentum">Of SGD; Adam has its own.</param>
/// <param name="GlorotRates">
/// Multiplies the learning rate of a layer's weights by <c>sqrt((fan-in + fan-out) / 1.5)</c> (Courbariaux et al. 2015). With SGD the
/// factor is squared, because scaling the weights up makes their gradients smaller.
/// </param>
/// <param name="Adaptivity">Of Bop: the share of a new gradient in its moving average; the schedule lowers it as it does the rate.</param>
/// <param name="Threshold">Of Bop: a weight flips where the average points against it by more than this.</param>
public sealed record OptimizerSpec(
    OptimizerType Type,
    double Rate,
    double Momentum = 0,
    bool GlorotRates = false,
    double Adaptivity = OptimizerSpec.DefaultAdaptivity,
    double Threshold = OptimizerSpec.DefaultThreshold
)
{
    internal const double DefaultAdaptivity = 1e-4,
        DefaultThreshold = 1e-8;
}
