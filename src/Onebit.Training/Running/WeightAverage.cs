using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// An exponential moving average of all parameters of a network (Polyak &amp; Juditsky 1992): after step t each is
/// <c>d a + (1 - d) p</c> with <c>d = min(decay, (1 + t) / (10 + t))</c>, so that the random start is soon forgotten.
/// </summary>
internal sealed class WeightAverage
{
    private readonly Network _network;
    private readonly double _decay;

    internal WeightAverage(Network network, double decay)
    {
        (_network, _decay) = (network, decay);
        Averages = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>The averages by the names of their parameters.</summary>
    internal IReadOnlyDictionary<string, Tensor> Averages { get; }

    /// <summary>Takes the parameters after step t, from 0, into the averages.</summary>
    internal void Update(long t)
    {
        using var _ = no_grad();
        double decay = Math.Min(_decay, (1.0 + t) / (10 + t));
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in _network.named_parameters())
        {
            Averages[name].mul_(decay).add_(parameter, 1 - decay);
        }
    }

    /// <summary>Puts the averages in the parameters' place.</summary>
    internal void Take()
    {
        using var _ = no_grad();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in _network.named_parameters())
        {
            parameter.copy_(Averages[name]);
        }
    }
}
