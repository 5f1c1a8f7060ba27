using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// N planes at learned shifts. Forward: <c>A[n] = +1 if clip(x + v[n], 0, 1) >= 0.5 else -1</c>, <c>b = sum f[n] A[n]</c>, v and f learned, one a
/// layer. Pseudo-gradient: <c>dA[n]/dx = dA[n]/dv[n] = 1</c> where <c>0 &lt;= x + v[n] &lt;= 1</c>, else 0. Lin, Zhao &amp; Pan, NIPS 2017 (see
/// <see cref="AbcWeights"/>), section 3.2. They start with evenly spaced thresholds here, from -0.75 to 0.75 where there are more than one.
/// </summary>
public sealed class AbcActivation : ActivationBinarizer
{
    private const double Reach = 0.75;

    private readonly Parameter _shifts, _factors;

    internal AbcActivation(int bits)
    {
        _shifts = new Parameter(tensor([.. Enumerable.Range(0, bits).Select(n => (float)(bits == 1 ? 0.5 : 0.5 + Reach * (1 - 2.0 * n / (bits - 1))))]));
        _factors = new Parameter(full(bits, 1.0 / bits));
        register_parameter("shifts", _shifts);
        register_parameter("factors", _factors);
    }

    /// <inheritdoc/>
    public override ActivationPlanes Planes => new([.. ToDoubles(_shifts).Select(v => new[] { 0.5 - v })], ToDoubles(_factors), 0);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1) => Enumerable.Range(0, (int)_shifts.numel()).Select(n =>
    {
        Tensor shifted = x + _shifts[n];
        return _factors[n] * StraightThrough(shifted.clamp(0, 1), SignOf(shifted - 0.5));
    }).Aggregate((a, b) => a + b);
}
