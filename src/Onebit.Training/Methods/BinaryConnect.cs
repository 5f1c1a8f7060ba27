namespace Onebit.Training;

/// <summary>Weights are signs of latent weights; activations stay multi-bit: ReLU, rounded to 8 bits.</summary>
public sealed record BinaryConnect : Method
{
    /// <inheritdoc/>
    public override string Name => "binaryconnect";

    /// <inheritdoc/>
    public override string Source => "Courbariaux, Bengio & David 2015, deterministic";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new SignWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 8;
}
