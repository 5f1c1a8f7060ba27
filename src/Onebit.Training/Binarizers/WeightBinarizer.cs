using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A binarizer of weights: its levels are the sum of <see cref="Planes"/>, each signs times a scale, and of <see cref="Offset"/>; with one
/// plane they are <see cref="Signs"/> times <see cref="Scale"/>. Packing keeps signs as bits and folds all else into what follows. Latent
/// weights have the shape outputs x (channels / groups) x rows x columns; a dense layer's kernel covers its input.
/// </summary>
public abstract class WeightBinarizer : Binarizer
{
    /// <summary>Latent weights are kept from -1 to +1: beyond it they could only drift out of reach.</summary>
    public virtual bool ClipsLatent => false;

    /// <summary>The bits, -1 and +1, of the latent weights' shape.</summary>
    public virtual Tensor Signs(Tensor latent) => SignOf(latent);

    /// <summary>The factor of the signs, at least 0, outputs x 1 x 1 x 1; null: 1.</summary>
    public virtual Tensor? Scale(Tensor latent) => null;

    /// <summary>The planes, whose sum the levels are but for the offset.</summary>
    public virtual IReadOnlyList<WeightPlane> Planes(Tensor latent) => [new(Signs(latent), Scale(latent))];

    /// <summary>What is added to all weights of an output, outputs x 1 x 1 x 1; null: 0.</summary>
    public virtual Tensor? Offset(Tensor latent) => null;

    /// <summary>The layer's bias as it is added; it stays a float unless the method says otherwise.</summary>
    public virtual Tensor Bias(Tensor bias) => bias;

    /// <summary>A weight or bias that an experiment keeps real (<see cref="Experiment.WeightBits"/> 32).</summary>
    public virtual Tensor Real(Tensor latent) => latent;

    /// <summary>The sum of planes, each times its scale.</summary>
    internal static Tensor Levels(IReadOnlyList<WeightPlane> planes) =>
        planes.Select(p => p.Scale is null ? p.Signs : p.Signs * p.Scale).Aggregate((a, b) => a + b);

    /// <summary>The mean absolute weight of each output, outputs x 1 x 1 x 1, without a gradient.</summary>
    internal static Tensor MeanAbsolute(Tensor latent) => latent.detach().abs().mean([1, 2, 3], keepdim: true);
}
