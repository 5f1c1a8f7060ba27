namespace Onebit.Training;

/// <summary>What replaces the weights when a network of <see cref="BinaryConnectStochastic"/> is evaluated.</summary>
public enum WeightForm
{
    /// <summary>Drawn anew for each batch, as in training. No fixed network, so never packed.</summary>
    Sampled,

    /// <summary>One draw, kept.</summary>
    Frozen,

    /// <summary>The sign of the latent weight: another network than the one trained.</summary>
    Sign,

    /// <summary>The latent weight itself, a real number: no one-bit network.</summary>
    Latent,
}
