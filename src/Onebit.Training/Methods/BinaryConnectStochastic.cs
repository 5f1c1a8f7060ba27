namespace Onebit.Training;

/// <summary>Weights are drawn anew in each pass, with hard-sigmoid probability; activations: ReLU, rounded to 8 bits.</summary>
public sealed record BinaryConnectStochastic : Method
{
    /// <inheritdoc/>
    public override string Name => "binaryconnect-stochastic";

    /// <inheritdoc/>
    public override string Source => "Courbariaux, Bengio & David 2015, stochastic";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new StochasticWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 8;
}
