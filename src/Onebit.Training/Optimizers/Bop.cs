using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// The binary optimizer: no latent weights, a weight is its sign. Each step takes the gradient g into a moving average,
/// <c>m = (1 - adaptivity) m + adaptivity g</c>, and flips the weights with <c>|m| > threshold</c> and <c>m w > 0</c>. Helwegen,
/// Widdicombe, Geiger, Liu, Cheng &amp; Nusselder, "Latent Weights Do Not Exist", NeurIPS 2019, algorithm 1.
/// </summary>
internal sealed class Bop : IUpdateRule
{
    private readonly Tensor[] _weights,
        _averages;
    private readonly double _adaptivity,
        _threshold;

    /// <summary>Sets the weights to their signs.</summary>
    internal Bop(IEnumerable<Tensor> weights, double adaptivity, double threshold)
    {
        (_weights, _adaptivity, _threshold) = ([.. weights], adaptivity, threshold);
        _averages = [.. _weights.Select(w => zeros_like(w, requires_grad: false).DetachFromDisposeScope())];
        using var _ = no_grad();
        foreach (Tensor weight in _weights)
        {
            weight.copy_(Binarizer.SignOf(weight));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Tensor> State => _averages;

    /// <inheritdoc/>
    public void Step(long step, double factor)
    {
        foreach ((Tensor weight, Tensor average) in _weights.Zip(_averages))
        {
            average.mul_(1 - _adaptivity * factor).add_(weight.grad!, _adaptivity * factor);
            weight.mul_(1 - 2 * average.abs().gt(_threshold).logical_and(average.mul(weight).gt(0)).to(ScalarType.Float32));
        }
    }
}
