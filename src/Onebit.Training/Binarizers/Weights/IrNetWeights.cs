using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Sign of balanced, standardized weights, "Libra parameter binarization". Forward, for each output: <c>v = (w - mean) / deviation</c>,
/// <c>b = 2^s (+1 if v >= 0 else -1)</c> with <c>s = round(log2(mean |v|))</c>. Pseudo-gradient: 2^s times that of
/// <see cref="ErrorDecaySign"/>, and through v to w; s is a constant to it. Qin, Gong, Liu, Shen, Wei, Yu &amp; Song, "Forward and Backward
/// Information Retention for Accurate Binary Neural Networks", CVPR 2020, section 3.1. The paper writes of a layer's weights, its authors'
/// code takes each output by itself, as here.
/// </summary>
public sealed class IrNetWeights : WeightBinarizer
{
    // Equal weights, or a single one, are all mean: neither deviation nor size may then be 0.
    private const double Epsilon = 1e-10,
        LeastSize = 1e-3;

    /// <inheritdoc/>
    public override Tensor Signs(Tensor latent) => SignOf(Standardized(latent));

    /// <inheritdoc/>
    public override Tensor Scale(Tensor latent) => MeanAbsolute(Standardized(latent)).clamp_min_(LeastSize).log2_().round_().exp2_();

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        Tensor scale = Scale(x);
        return StraightThrough(ErrorDecaySign.Estimate(Standardized(x), progress) * scale, Signs(x) * scale);
    }

    private static Tensor Standardized(Tensor latent)
    {
        Tensor balanced = latent - latent.mean([1, 2, 3], keepdim: true);
        return balanced / (balanced.square().sum([1, 2, 3], keepdim: true) / Math.Max(1, balanced[0].numel() - 1) + Epsilon).sqrt();
    }
}
