namespace Onebit.Training;

/// <summary>Weights and activations of few planes, each with a basis of levels that is fitted while training.</summary>
public sealed record LqNets : Method
{
    /// <inheritdoc/>
    public override string Name => "lq";

    /// <inheritdoc/>
    public override string Source => "Zhang, Yang, Ye & Hua 2018";

    /// <inheritdoc/>
    public override int MaxWeightBits => 4;

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override int MaxActivationBits => 4;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new LqWeights(bits, shape[0]);

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new LqActivation(bits);
}
