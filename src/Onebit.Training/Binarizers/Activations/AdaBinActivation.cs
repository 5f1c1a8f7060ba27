using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Two learned levels, one pair a layer. Forward: <c>b = center + distance (+1 if x >= center else -1)</c>. Pseudo-gradient: that of
/// <see cref="SignActivation"/> at <c>(x - center) / distance</c>, and through it and the levels to center and distance. Tu, Chen, Ren
/// &amp; Wang, "AdaBin", ECCV 2022, section 3.3.
/// </summary>
public sealed class AdaBinActivation : ActivationBinarizer
{
    private const double LeastDistance = 1e-2;

    private readonly Parameter _center = new(zeros(1)),
        _distance = new(ones(1));

    internal AdaBinActivation()
    {
        register_parameter("center", _center);
        register_parameter("distance", _distance);
    }

    /// <inheritdoc/>
    public override ActivationPlanes Planes =>
        new([ToDoubles(_center)], ToDoubles(_distance.clamp_min(LeastDistance)), ToDoubles(_center)[0]);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        Tensor distance = _distance.clamp_min(LeastDistance),
            off = x - _center;
        return _center + distance * StraightThrough((off / distance).clamp(-1, 1), SignOf(off));
    }
}
