using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>How the parameters of a run move: its optimizer, rates over time, and the bounds of latent weights.</summary>
internal sealed class Optimization
{
    private const string StepState = "steps";

    private readonly Network _network;
    private readonly IStepRule[] _rules;
    private readonly WeightAverage? _average;
    private readonly double _polarization;
    private readonly WeightLayer[] _clipped;
    private long _steps;
    private double _done,
        _factor = 1;

    /// <exception cref="ExperimentException">The experiment asks for what its method does not have.</exception>
    internal Optimization(Experiment experiment, Network network)
    {
        OptimizerSpec spec = experiment.Optimizer;
        _network = network;
        _clipped = [.. network.WeightLayers.Where(l => l.IsBinarized && l.Binarizer!.ClipsLatent)];
        _polarization = spec.Rate * (spec.Polarization ?? 0);
        if (_polarization > 0 && (_clipped.Length == 0 || spec.Type == OptimizerType.Bop))
        {
            throw new ExperimentException($"Polarization moves clipped latent weights, and '{experiment.Name}' has none; leave it out.");
        }

        Parameter[] signs = spec.Type == OptimizerType.Bop ? [.. network.WeightLayers.Where(l => l.IsBinarized).Select(l => l.Weight)] : [];
        Dictionary<Parameter, double> rates = spec.GlorotRates
            ? network.WeightLayers.ToDictionary(l => l.Weight, l => GlorotRate(l, spec.Type))
            : [];
        (Parameter, double)[] moving = [.. network.parameters().Except(signs).Select(p => (p, spec.Rate * rates.GetValueOrDefault(p, 1)))];
        _rules = spec.Type switch
        {
            OptimizerType.Sgd => [new Sgd(moving, spec.Momentum)],
            OptimizerType.Bop => [new Adam(moving), new Bop(signs, spec.Adaptivity, spec.Threshold)],
            _ => [new Adam(moving)],
        };
        // From here on, behind Bop, whose weights are signs.
        _average = experiment.Averaging is { } decay ? new WeightAverage(network, decay) : null;
    }

    /// <summary>Numbers of state: two moments a parameter of Adam, one of the others, SGD without momentum none; and the average.</summary>
    internal long StateCount => (_average is null ? 0 : _network.ParameterCount) + _rules.Sum(r => r.State.Sum(t => t.numel()));

    /// <summary>Says how far training is.</summary>
    /// <param name="done">The share of all epochs that are done.</param>
    /// <param name="factor">The share of its starting rate that each rate has from here on.</param>
    internal void SetProgress(double done, double factor) => (_done, _factor) = (done, factor);

    /// <summary>One step down the gradients of a loss.</summary>
    internal void Step(Tensor loss)
    {
        _network.zero_grad();
        loss.backward();
        using var _ = no_grad();
        _steps++;
        foreach (IStepRule rule in _rules)
        {
            rule.Step(_steps, _factor);
        }

        foreach (WeightLayer layer in _clipped)
        {
            if (_polarization > 0)
            {
                layer.Weight.add_(Binarizer.SignOf(layer.Weight), _polarization * _factor * _done);
            }

            layer.Weight.clamp_(-1, 1);
        }
        _average?.Update(_steps - 1);
    }

    /// <summary>Puts the moving average in the parameters' place. False where there is none.</summary>
    internal bool TakeAverage()
    {
        _average?.Take();
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

    private static double GlorotRate(WeightLayer layer, OptimizerType type)
    {
        long positions = layer.IsDense ? 1 : layer.Weight.shape[2] * layer.Weight.shape[3];
        double fanIn = layer.Weight.numel() / (double)layer.Weight.shape[0],
            fanOut = layer.Weight.shape[0] / (double)layer.Groups * positions;
        double square = (fanIn + fanOut) / 1.5;
        return type == OptimizerType.Sgd ? square : Math.Sqrt(square);
    }
}
