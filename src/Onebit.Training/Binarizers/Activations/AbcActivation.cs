using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// N planes at learned shifts. Forward: <c>A[n] = +1 if clip(x + v[n], 0, 1) >= 0.5 else -1</c>, <c>b = sum f[n] A[n]</c>, v and f learned,
/// one a layer. Pseudo-gradient: <c>dA[n]/dx = dA[n]/dv[n] = 1</c> where <c>0 &lt;= x + v[n] &lt;= 1</c>, else 0. Lin, Zhao &amp; Pan, NIPS
/// 2017 (see
/// <see cref="AbcWeights"/>), section 3.2. They start at <c>v[n] = N/2 - n</c>, n from 0, and <c>f[n] = 1/N</c>, so that the planes'
/// gradients lie side by side.
/// </summary>
public sealed class AbcActivation : ActivationBinarizer
{
    // Adam's steps are as large as its rate, however small a gradient. At the whole rate the shifts of several planes met, and planes that
    // are equal stay so: they would be paid for and tell nothing. So the parameters are v and f over this, and a step moves v and f as much
    // less.
    private readonly double _pace;

    private readonly Parameter _shifts,
        _factors;

    internal AbcActivation(int bits)
    {
        _pace = bits == 1 ? 1 : 0.1;
        _shifts = new Parameter(tensor([.. Enumerable.Range(0, bits).Select(n => (float)((bits / 2.0 - n) / _pace))]));
        _factors = new Parameter(full(bits, 1 / (bits * _pace)));
        register_parameter("shifts", _shifts);
        register_parameter("factors", _factors);
    }

    /// <inheritdoc/>
    public override ActivationPlanes Planes =>
        new([.. ToDoubles(_shifts * _pace).Select(v => new[] { 0.5 - v })], ToDoubles(_factors * _pace), 0);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        (Tensor shifts, Tensor factors) = (_shifts * _pace, _factors * _pace);
        return Enumerable
            .Range(0, (int)shifts.numel())
            .Select(n =>
            {
                Tensor shifted = x + shifts[n];
                return factors[n] * StraightThrough(shifted.clamp(0, 1), SignOf(shifted - 0.5));
            })
            .Aggregate((a, b) => a + b);
    }
}
