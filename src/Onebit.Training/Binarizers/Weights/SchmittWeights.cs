using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Signs with hysteresis, after the Schmitt trigger: a weight keeps its sign until its latent weight has gone a distance h past 0 on the
/// other side. h falls from a fifth of the layer's mean absolute weight by equal steps, one an epoch; the last of E still has an E-th of
/// it. Gradients that waver no longer turn a bit back and forth. Pseudo-gradient: <c>dL/dw = dL/db</c>. An idea of this project's.
/// </summary>
public sealed class SchmittWeights : WeightBinarizer
{
    private const double Width = 0.2;

    // The signs of the last training pass (0: none yet) and the h of it.
    private readonly Tensor _signs,
        _distance = zeros(1);

    internal SchmittWeights(long[] shape)
    {
        _signs = zeros(shape);
        register_buffer("signs", _signs);
        register_buffer("distance", _distance);
    }

    /// <inheritdoc/>
    public override bool ClipsLatent => true;

    /// <inheritdoc/>
    public override Tensor Signs(Tensor latent) => SignOf(latent.detach() + _signs * _distance);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        if (training)
        {
            using var _ = no_grad();
            _distance.copy_(x.detach().abs().mean() * (Width * (1 - progress)));
            _signs.copy_(Signs(x));
        }
        return StraightThrough(x, Signs(x));
    }
}
