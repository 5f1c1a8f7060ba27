using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Activation of one bit in {0, 1}. Forward: <c>c = round(clip(x, 0, 1))</c>, the half rounded up. Pseudo-gradient:
/// <c>dL/dx = dL/dc</c> where <c>0 &lt;= x &lt;= 1</c>, else 0. Zhou et al., "DoReFa-Net", 2016, sections 2.2 and 2.4, k = 1.
/// </summary>
public sealed class DoReFaActivation : ActivationBinarizer
{
    private const double Threshold = 0.5;

    /// <inheritdoc/>
    public override ActivationPlanes Planes { get; } =
        new(
            [
                [Threshold],
            ],
            [0.5],
            0.5
        );

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => StraightThrough(x.clamp(0, 1), x.ge(Threshold).to(ScalarType.Float32));
}
