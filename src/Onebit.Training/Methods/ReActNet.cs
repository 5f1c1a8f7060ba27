namespace Onebit.Training;

/// <summary>
/// As <see cref="BiReal"/>, and the activation's sign is taken at a learned shift, one a channel (RSign):
/// <c>+1 if x >= shift else -1</c>, <c>dL/dshift = -sum dL/dx</c>. Its RPReLU is the layer <c>rprelu</c> of a network.
/// </summary>
public sealed record ReActNet : Method
{
    /// <inheritdoc/>
    public override string Name => "reactnet";

    /// <inheritdoc/>
    public override string Source => "Liu, Shen, Savvides & Cheng 2020, RSign; RPReLU is a layer";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new ScaledSignWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new ShiftedSign(channels);
}
