using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Moves the parameters of a run: its update rules, the rate over time, the bounds of latent weights, and the moving average.
/// </summary>
internal sealed class Optimizer
{
    private const string StepState = "steps";

    private readonly Network _network;
    private readonly IUpdateRule[] _rules;
    private readonly ExponentialMovingAverage? _average;
    private readonly WeightModule[] _clipped;
    private long _steps;
    private double _factor = 1;

    internal Optimizer(Experiment experiment, Network network)
    {
        OptimizerSpec spec = experiment.Optimizer;
        _network = network;
        _clipped = [.. network.WeightModules.Where(l => l.IsBinarized && l.Binarizer!.ClipsLatent)];
        Parameter[] signs =
            spec.Type == OptimizerType.Bop ? [.. network.WeightModules.Where(l => l.IsBinarized).Select(l => l.Weight)] : [];
        Dictionary<Parameter, double> rates = spec.GlorotRates
            ? network.WeightModules.ToDictionary(l => l.Weight, l => GlorotRate(l, spec.Type))
            : [];
        (Parameter, double)[] moving = [.. network.parameters().Except(signs).Select(p => (p, spec.Rate * rates.GetValueOrDefault(p, 1)))];
        _rules = spec.Type switch
        {
            OptimizerType.Sgd => [new Sgd(moving, spec.Momentum)],
            OptimizerType.Bop => [new Adam(moving), new Bop(signs, spec.Adaptivity, spec.Threshold)],
            _ => [new Adam(moving)],
        };
        // Behind Bop's constructor, which turns weights into signs: the average starts from those.
        _average = experiment.EmaDecay is { } decay ? new ExponentialMovingAverage(network, decay) : null;
    }

    /// <summary>How many numbers the state has: those of the update rules, and the moving average.</summary>
    internal long StateCount => (_average is null ? 0 : _network.ParameterCount) + _rules.Sum(r => r.State.Sum(t => t.numel()));

    /// <summary>Sets the factor of all rates from here on.</summary>
    internal void SetRate(double factor) => _factor = factor;

    /// <summary>One step down the gradients of a loss.</summary>
    internal void Step(Tensor loss)
    {
        _network.zero_grad();
        loss.backward();
        using var _ = no_grad();
        _steps++;
        foreach (IUpdateRule rule in _rules)
        {
            rule.Step(_steps, _factor);
        }

        foreach (WeightModule layer in _clipped)
        {
            layer.Weight.clamp_(-1, 1);
        }
        _average?.Update(_steps - 1);
    }

    /// <summary>Replaces the parameters by their moving averages. False where there are none.</summary>
    internal bool UseAverage()
    {
        _average?.CopyToNetwork();
        return _average is not null;
    }

    /// <summary>Adds the state to a checkpoint.</summary>
    internal void Save(IDictionary<string, Tensor> tensors)
    {
        tensors[StepState] = tensor(_steps);
        foreach ((string name, Tensor state) in State)
        {
            tensors[name] = state;
        }
    }

    /// <summary>Takes the state from a checkpoint.</summary>
    internal void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        _steps = tensors[StepState].ToInt64();
        foreach ((string name, Tensor state) in State)
        {
            state.copy_(tensors[name]);
        }
    }

    /// <summary>What changes from step to step, by its name in a checkpoint.</summary>
    private IEnumerable<(string Name, Tensor State)> State =>
        [
            .. _rules.SelectMany(r => r.State).Select((t, i) => ($"optimizer.{i}", t)),
            .. _average is null ? [] : _average.Averages.Select(a => ("average." + a.Key, a.Value)),
        ];

    private static double GlorotRate(WeightModule layer, OptimizerType type)
    {
        long positions = layer.IsDense ? 1 : layer.Weight.shape[2] * layer.Weight.shape[3];
        double fanIn = layer.Weight.numel() / (double)layer.Weight.shape[0],
            fanOut = layer.Weight.shape[0] / (double)layer.Groups * positions;
        double square = (fanIn + fanOut) / 1.5;
        return type == OptimizerType.Sgd ? square : Math.Sqrt(square);
    }
}
