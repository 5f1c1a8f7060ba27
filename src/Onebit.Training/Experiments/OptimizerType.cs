namespace Onebit.Training;

/// <summary>The optimizers an experiment can name.</summary>
public enum OptimizerType
{
    /// <summary>Adam.</summary>
    Adam,

    /// <summary>Stochastic gradient descent, with momentum where it is given.</summary>
    Sgd,
}
