namespace Onebit.Training;

/// <summary>Weights are signs of balanced, standardized weights times a power of two, activations signs; both gradients tighten.</summary>
public sealed record IrNet : Method
{
    /// <inheritdoc/>
    public override string Name => "irnet";

    /// <inheritdoc/>
    public override string Source => "Qin, Gong, Liu, Shen, Wei, Yu & Song 2020";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new IrNetWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new ErrorDecaySign();
}
