using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Elastic binarization: a learned scale a per layer and a learned shift s per channel. With <c>z = (x - s) / a</c>, of one bit:
/// signed <c>b = a (+1 if z >= 0 else -1)</c>, else <c>b = a (1 if z >= 0.5 else 0)</c>. Of k bits the levels are evenly spaced,
/// <c>a (2 c + 1 - 2^k) / (2^k - 1)</c> or <c>a c / (2^k - 1)</c> for the nearest code c. Pseudo-gradient: that of z clipped to [-1, 1] or
/// [0, 1], in x, s and a. Liu et al., "BiT: Robustly Binarized Multi-distilled Transformer", NeurIPS 2022. The authors' code
/// has sign(0) = 0 and round(0.5) = 0; ours are +1 and 1.
/// </summary>
public sealed class ElasticActivation : ActivationBinarizer
{
    private const double MinScale = 1e-3;

    private readonly int _bits;
    private readonly bool _isSigned;
    private readonly double _unit;
    private readonly Tensor _scale,
        _shift;

    /// <summary>Starts at a scale of <paramref name="unit"/> and no shift.</summary>
    /// <param name="bits">1 to 7.</param>
    /// <param name="channels">How many shifts: one per entry of the second dimension.</param>
    /// <param name="isSigned">Levels of both signs; otherwise the lowest is 0.</param>
    /// <param name="unit">What scale and shift are multiples of, so that steps of the optimizer fit the size of what is read.</param>
    /// <param name="isLearned">Scale and shift are learned; otherwise they stay as they start.</param>
    internal ElasticActivation(int bits, int channels, bool isSigned, double unit = 1, bool isLearned = true)
    {
        (_bits, _isSigned, _unit) = (bits, isSigned, unit);
        _scale = Register("scale", ones(1));
        _shift = Register("shift", zeros(channels));

        Tensor Register(string name, Tensor start)
        {
            if (!isLearned)
            {
                register_buffer(name, start);
                return start;
            }

            var parameter = new Parameter(start);
            register_parameter(name, parameter);
            return parameter;
        }
    }

    /// <inheritdoc/>
    public override ActivationPlanes Planes
    {
        get
        {
            double scale = _unit * Math.Max(MinScale, ToDoubles(_scale)[0]);
            int steps = (1 << _bits) - 1;
            double width = (_isSigned ? 2 : 1) * scale / steps,
                low = _isSigned ? -scale : 0;
            double[] shifts = [.. ToDoubles(_shift).Select(s => s * _unit)];
            return new(
                [.. Enumerable.Range(0, steps).Select(t => shifts.Select(s => s + low + (t + 0.5) * width).ToArray())],
                [.. Enumerable.Range(0, _bits).Select(n => Math.ScaleB(width, n - 1))],
                low + steps * width / 2,
                IsCode: true
            );
        }
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Of(x, 1);

    /// <inheritdoc/>
    internal override Tensor OfProduct(Tensor x, double factor, double progress) => Of(x, factor);

    private Tensor Of(Tensor x, double factor) =>
        ElasticFunction.Of(x, _scale.clamp_min(MinScale) * _unit, _shift * _unit, (1 << _bits) - 1, _isSigned, factor);
}
