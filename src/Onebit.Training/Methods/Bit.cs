namespace Onebit.Training;

/// <summary>
/// Transformers of one bit: centered weights, activations with a learned scale and shift. Its distillation and its steps, from full
/// precision by few bits to one, are the experiments'.
/// </summary>
/// <param name="ElasticActivations">Learns scales and shifts of activations; false keeps the scale they start at and no shift.</param>
public sealed record Bit(bool ElasticActivations = true) : Method
{
    /// <inheritdoc/>
    public override string Name => "bit";

    /// <inheritdoc/>
    public override string Source => "Liu, Oguz, Pappu, Xiao, Yih, Li, Krishnamoorthi & Mehdad 2022";

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override int MaxActivationBits => 4;

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new CenteredSignWeights();

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) =>
        new ElasticActivation(bits, channels, isSigned: false, isLearned: ElasticActivations);

    /// <inheritdoc/>
    public override ActivationBinarizer SignedActivation(int bits, int channels) =>
        new ElasticActivation(bits, channels, isSigned: true, isLearned: ElasticActivations);
}
