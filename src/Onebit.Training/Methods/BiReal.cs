namespace Onebit.Training;

/// <summary>Weights are signs times the mean absolute weight of their output; activations signs with a triangle for a gradient.</summary>
public sealed record BiReal : Method
{
    /// <inheritdoc/>
    public override string Name => "bireal";

    /// <inheritdoc/>
    public override string Source => "Liu, Wu, Luo, Yang, Liu & Cheng 2018, the gradients of Bi-Real Net";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new ScaledSignWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new ApproxSign();
}
