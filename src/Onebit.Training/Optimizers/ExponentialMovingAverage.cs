using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// An exponential moving average of all parameters of a network (Polyak &amp; Juditsky 1992): after step t each is
/// <c>d a + (1 - d) p</c> with <c>d = min(decay, (1 + t) / (10 + t))</c>, so that the random initial weights soon lose their influence.
/// </summary>
internal sealed class ExponentialMovingAverage
{
    private readonly Network _network;
    private readonly double _decay;

    internal ExponentialMovingAverage(Network network, double decay)
    {
        (_network, _decay) = (network, decay);
        Averages = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>The averages by the names of their parameters.</summary>
    internal IReadOnlyDictionary<string, Tensor> Averages { get; }

    /// <summary>Adds the parameters after step t, from 0, to the averages.</summary>
    internal void Update(long t)
    {
        using var _ = no_grad();
        double decay = Math.Min(_decay, (1.0 + t) / (10 + t));
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in _network.named_parameters())
        {
            Averages[name].mul_(decay).add_(parameter, 1 - decay);
        }
    }

    /// <summary>Replaces the parameters by their averages.</summary>
    internal void CopyToNetwork()
    {
        using var _ = no_grad();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in _network.named_parameters())
        {
            parameter.copy_(Averages[name]);
        }
    }
}
