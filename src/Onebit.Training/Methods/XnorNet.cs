namespace Onebit.Training;

/// <summary>
/// Weights are signs times the mean absolute weight of their output, activations signs. Without the paper's scale K of the
/// activations: it differs from position to position, which no list of integer operations with constant coefficients holds.
/// </summary>
public sealed record XnorNet : Method
{
    /// <inheritdoc/>
    public override string Name => "xnor";

    /// <inheritdoc/>
    public override string Source => "Rastegari, Ordonez, Redmon & Farhadi 2016, without the activation scale K";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new XnorWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;
}
