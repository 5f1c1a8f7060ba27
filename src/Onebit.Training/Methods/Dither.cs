namespace Onebit.Training;

/// <summary>Weights are signs, activations signs under noise that fades: <see cref="BinaryNet"/> but for that.</summary>
public sealed record Dither : Method
{
    /// <inheritdoc/>
    public override string Name => "dither";

    /// <inheritdoc/>
    public override string Source => "Hubara et al. 2016, stochastic signs; this project: the noise falls";

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new SignWeights();

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new DitheredSign();
}
