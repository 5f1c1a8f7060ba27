namespace Onebit.Training;

/// <summary>
/// Weights and activations of one bit with two levels of their own: an output's mean and deviation, a layer's learned pair.
/// </summary>
public sealed record AdaBin : Method
{
    /// <inheritdoc/>
    public override string Name => "adabin";

    /// <inheritdoc/>
    public override string Source => "Tu, Chen, Ren & Wang 2022";

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new AdaBinWeights();

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new AdaBinActivation();
}
