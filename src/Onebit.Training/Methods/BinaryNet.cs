namespace Onebit.Training;

/// <summary>Weights and activations are signs.</summary>
public sealed record BinaryNet : Method
{
    /// <inheritdoc/>
    public override string Name => "binarynet";

    /// <inheritdoc/>
    public override string Source => "Hubara, Courbariaux, Soudry, El-Yaniv & Bengio 2016";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new SignWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;
}
