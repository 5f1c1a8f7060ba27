namespace Onebit.Training;

/// <summary>
/// Weights are -1, 0 or +1 times one size a layer, in two planes; activations ReLU of 8 bits with a scale that does not depend on the
/// image.
/// </summary>
public sealed record Ternary : Method
{
    /// <inheritdoc/>
    public override string Name => "ternary";

    /// <inheritdoc/>
    public override string Source => "Ma et al. 2024 (BitNet b1.58), with a static activation scale";

    /// <inheritdoc/>
    public override int WeightBits => 2;

    /// <inheritdoc/>
    public override int MaxWeightBits => 2;

    /// <inheritdoc/>
    public override int ActivationBits => 8;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new TernaryWeights();
}
