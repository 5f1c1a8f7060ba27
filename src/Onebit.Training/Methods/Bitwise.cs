using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Weights, biases and activations are signs, with the gradient of tanh. Its first stage, an experiment of its own that keeps
/// weights and activations real (32 bits), squeezes both through tanh; the second starts from it.
/// </summary>
/// <param name="Sparsity">Lambda: the share of each layer's weights, the smallest, that are 0 with two bits a weight.</param>
public sealed record Bitwise(double Sparsity = 0.5) : Method
{
    /// <inheritdoc/>
    public override string Name => "bitwise";

    /// <inheritdoc/>
    public override string Source => "Kim & Smaragdis 2016";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new BitwiseWeights(bits == 1 ? 0 : Sparsity);

    /// <inheritdoc/>
    public override int MaxWeightBits => 2;

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Activation(int bits, int channels) => new TanhSign();

    /// <inheritdoc/>
    public override string? FindMistake(int weightBits) =>
        Sparsity is not (> 0 and < 1) ? "bitwise's sparsity must be above 0 and below 1"
        : this != new Bitwise() && weightBits != 2 ? "bitwise's sparsity goes with weightBits 2"
        : null;

    /// <inheritdoc/>
    public override Tensor RealActivation(Tensor x) => x.tanh();
}
