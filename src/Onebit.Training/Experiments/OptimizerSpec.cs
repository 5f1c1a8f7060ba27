namespace Onebit.Training;

/// <summary>The optimizer of an experiment.</summary>
/// <param name="Type">Adam (Kingma &amp; Ba 2015; decay rates 0.9 and 0.999) or stochastic gradient descent.</param>
/// <param name="Rate">Learning rate at the start.</param>
/// <param name="Momentum">Of SGD; Adam has its own.</param>
public sealed record OptimizerSpec(OptimizerType Type, double Rate, double Momentum = 0);
