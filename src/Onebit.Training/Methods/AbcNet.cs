namespace Onebit.Training;

/// <summary>Several planes of weights at shifted deviations, several of activations at learned shifts.</summary>
public sealed record AbcNet : Method
{
    /// <inheritdoc/>
    public override string Name => "abc";

    /// <inheritdoc/>
    public override string Source => "Lin, Zhao & Pan 2017";

    /// <inheritdoc/>
    public override int MaxWeightBits => 5;

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override int MaxActivationBits => 5;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new AbcWeights(bits);

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new AbcActivation(bits);
}
