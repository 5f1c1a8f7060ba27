namespace Onebit.Training;

/// <summary>Weights are signs times the mean absolute weight of their layer, activations 0 or 1. Gradients stay float32.</summary>
public sealed record DoReFa : Method
{
    /// <inheritdoc/>
    public override string Name => "dorefa";

    /// <inheritdoc/>
    public override string Source => "Zhou, Wu, Ni, Zhou, Wen & Zou 2016, weights and activations of one bit";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new DoReFaWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new DoReFaActivation();
}
