using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Weights, biases and activations are signs, with the gradient of tanh. Its first stage, an experiment of its own that keeps
/// weights and activations real (32 bits), squeezes both through tanh; the second starts from it.
/// </summary>
public sealed class Bitwise : Method
{
    /// <inheritdoc/>
    public override string Name => "bitwise";

    /// <inheritdoc/>
    public override string Source => "Kim & Smaragdis 2016";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape, double zeroWeights) => new BitwiseWeights(bits == 1 ? 0 : zeroWeights);

    /// <inheritdoc/>
    public override int MostWeightBits => 2;

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new TanhSign();

    /// <inheritdoc/>
    public override Tensor RealActivation(Tensor x) => x.tanh();
}
