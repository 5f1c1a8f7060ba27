namespace Onebit.Training;

/// <summary>The optimizers an experiment can name.</summary>
public enum OptimizerType
{
    /// <summary>Adam.</summary>
    Adam,

    /// <summary>Stochastic gradient descent, with momentum where it is given.</summary>
    Sgd,

    /// <summary>Binarized weights are flipped, without latent weights (Helwegen et al. 2019); the rest is Adam's.</summary>
    Bop,
}
