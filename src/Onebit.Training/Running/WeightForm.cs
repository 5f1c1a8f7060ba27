namespace Onebit.Training;

/// <summary>What stands for the weights when a stochastically trained network is evaluated.</summary>
public enum WeightForm
{
    /// <summary>Drawn anew for each batch: what training did. No fixed network, so never packed.</summary>
    Sampled,

    /// <summary>One draw, kept.</summary>
    Frozen,

    /// <summary>The sign of the latent weight: another network than the one trained.</summary>
    Sign,

    /// <summary>The latent weight itself, real-valued: no one-bit network at all.</summary>
    Latent,
}
