namespace Onebit.Training;

/// <summary>Weights are signs that change with hysteresis, activations signs: <see cref="BinaryNet"/> but for that.</summary>
public sealed record Schmitt : Method
{
    /// <inheritdoc/>
    public override string Name => "schmitt";

    /// <inheritdoc/>
    public override string Source => "this project: signs that change with hysteresis";

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new SchmittWeights(shape);
}
