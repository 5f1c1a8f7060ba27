using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// K planes with a learned basis, behind a ReLU. Forward: x becomes the nearest of the 2^K levels <c>v . c</c>, c in {0, 1}^K, one basis v
/// a layer. Pseudo-gradient: <c>dL/dx = dL/dq</c> where <c>0 &lt;= x &lt;= sum of v</c>, else 0. The basis is fitted as that of
/// <see cref="LqWeights"/>. So that the levels keep the order of their codes, which packing needs, each v is at least the sum of those
/// before it: the paper has no such bound. Zhang, Yang, Ye &amp; Hua, "LQ-Nets", ECCV 2018, sections 3.2 and 3.3.
/// </summary>
public sealed class LqActivation : ActivationBinarizer
{
    private readonly int _bits;
    private readonly Tensor _basis;

    internal LqActivation(int bits)
    {
        _bits = bits;
        // Evenly spaced levels, the highest of about two deviations (one plane: one).
        _basis = tensor([.. Enumerable.Range(0, bits).Select(k => (float)Math.ScaleB(1, k - bits + 1))]);
        register_buffer("basis", _basis);
    }

    /// <inheritdoc/>
    public override ActivationPlanes Planes
    {
        get
        {
            double[] basis = ToDoubles(_basis);
            double[] levels = [.. Enumerable.Range(0, 1 << _bits).Select(c => basis.Where((_, k) => (c >> k & 1) == 1).Sum())];
            return new(
                [.. levels.Zip(levels.Skip(1), (a, b) => new[] { (a + b) / 2 })],
                [.. basis.Select(v => v / 2)],
                levels[^1] / 2,
                IsCode: true
            );
        }
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, double progress = 1)
    {
        if (training)
        {
            Fit(x.detach());
        }

        (Tensor levels, Tensor code) = Nearest(x.detach());
        return StraightThrough(x.clamp(0, levels[-1].item<float>()), levels.index_select(0, code.flatten()).view(x.shape));
    }

    /// <summary>All codes, 2^bits x bits, 0 and 1, the first bit the lowest.</summary>
    internal static Tensor Codes(int bits) =>
        tensor(
            [.. Enumerable.Range(0, 1 << bits).SelectMany(c => Enumerable.Range(0, bits).Select(k => (float)(c >> k & 1)))],
            [1L << bits, bits]
        );

    private (Tensor Levels, Tensor Code) Nearest(Tensor x)
    {
        Tensor levels = Codes(_bits).matmul(_basis);
        Tensor code = zeros_like(x, ScalarType.Int64);
        for (int i = 1; i < levels.shape[0]; i++)
        {
            code.add_(x.ge((levels[i - 1] + levels[i]) / 2).to(ScalarType.Int64));
        }

        return (levels, code);
    }

    private void Fit(Tensor x)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Tensor planes = Codes(_bits).index_select(0, Nearest(x).Code.flatten());
        _basis.mul_(0.9).add_(LeastSquares.Fit(planes.unsqueeze(0), x.clamp_min(0).reshape(1, -1)).squeeze(0), 0.1);
        float before = 1e-3f; // A plane that no value uses would vanish.
        for (int k = 0; k < _bits; k++)
        {
            _basis[k].clamp_(before);
            before = _basis.narrow(0, 0, k + 1).sum().item<float>();
        }
    }
}
