using System.Text;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>How the parameters of a run move: its optimizer, rates over time, and the bounds of latent weights.</summary>
internal sealed class Optimization
{
    private const string OptimizerState = "optimizer", StepState = "steps";

    private readonly OptimizerSpec _spec;
    private readonly Network _network;
    private readonly optim.Optimizer _optimizer;
    private readonly double[] _rates;
    private readonly Bop? _bop;
    private readonly WeightAverage? _average;
    private long _steps;
    private double _factor = 1;

    internal Optimization(Experiment experiment, Network network)
    {
        OptimizerSpec spec = experiment.Optimizer;
        (_spec, _network) = (spec, network);
        WeightLayer[] binarized = [.. network.WeightLayers.Where(l => l.IsBinarized)];
        if (spec.Type == OptimizerType.Bop)
            _bop = new Bop(binarized.Select(l => l.Weight), spec.Adaptivity, spec.Threshold);
        // Layers with a rate of their own, then all the rest.
        (Parameter Weight, double Rate)[] own = spec.GlorotRates ? [.. network.WeightLayers.Select(l => (l.Weight, spec.Rate * GlorotRate(l)))] : [];
        HashSet<Parameter> apart = [.. own.Select(o => o.Weight), .. _bop is null ? [] : binarized.Select(l => l.Weight)];
        Parameter[] rest = [.. network.parameters().Where(p => !apart.Contains(p))];
        (Parameter[] Parameters, double Rate)[] groups = [.. own.Select(o => (new[] { o.Weight }, o.Rate)), (rest, spec.Rate)];
        _rates = [.. groups.Select(g => g.Rate)];
        _optimizer = spec.Type == OptimizerType.Sgd
            ? optim.SGD(groups.Select(g => new SGD.ParamGroup(g.Parameters, g.Rate, spec.Momentum)), spec.Rate, spec.Momentum)
            : optim.Adam(groups.Select(g => new Adam.ParamGroup(g.Parameters, g.Rate)), spec.Rate);
        // From here on, behind Bop, whose weights are signs.
        _average = experiment.Averaging is { } decay ? new WeightAverage(network, decay) : null;
    }

    /// <summary>Numbers of state: two moments a parameter of Adam, one of the others, SGD without momentum none; and the average.</summary>
    internal long StateCount => (_average is null ? 0 : _network.ParameterCount) + _spec switch
    {
        { Type: OptimizerType.Adam } => 2 * _network.ParameterCount,
        { Type: OptimizerType.Bop } => 2 * _network.ParameterCount - _network.BinaryParameterCount,
        { Momentum: > 0 } => _network.ParameterCount,
        _ => 0,
    };

    /// <summary>Sets the share of its starting rate that each rate has from here on.</summary>
    internal void SetFactor(double factor)
    {
        _factor = factor;
        foreach ((optim.ILearningRateController group, double rate) in _optimizer.ParamGroups.Zip(_rates))
            group.LearningRate = rate * factor;
    }

    /// <summary>One step down the gradients of a loss.</summary>
    internal void Step(Tensor loss)
    {
        _network.zero_grad();
        loss.backward();
        _optimizer.step();
        _bop?.Step(_factor);
        using var _ = no_grad();
        foreach (WeightLayer layer in _network.WeightLayers.Where(l => l.IsBinarized && l.Binarizer!.ClipsLatent))
            layer.Weight.clamp_(-1, 1);
        _average?.Update(_steps++);
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
        using var state = new MemoryStream();
        using (var writer = new BinaryWriter(state, Encoding.UTF8, leaveOpen: true))
            ((OptimizerHelper)_optimizer).save_state_dict(writer);
        tensors[OptimizerState] = tensor(state.ToArray(), ScalarType.Byte);
        tensors[StepState] = tensor(_steps);
        foreach ((string name, Tensor average) in Averages)
            tensors[name] = average;
    }

    /// <summary>Takes the state from a checkpoint.</summary>
    internal void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var stream = new MemoryStream(tensors[OptimizerState].bytes.ToArray());
        using var reader = new BinaryReader(stream);
        ((OptimizerHelper)_optimizer).load_state_dict(reader);
        _steps = tensors[StepState].ToInt64();
        foreach ((string name, Tensor average) in Averages)
            average.copy_(tensors[name]);
    }

    /// <summary>The moving averages, of Bop's gradients and of parameters, by their names in a checkpoint.</summary>
    private IEnumerable<(string Name, Tensor Average)> Averages =>
    [
        .. (_bop?.Averages ?? []).Select((a, i) => ($"bop.{i}", a)),
        .. _average is null ? [] : _average.Averages.Select(a => ("average." + a.Key, a.Value)),
    ];

    private static double GlorotRate(WeightLayer layer)
    {
        long positions = layer.IsDense ? 1 : layer.Weight.shape[2] * layer.Weight.shape[3];
        double fanIn = layer.Weight.numel() / (double)layer.Weight.shape[0], fanOut = layer.Weight.shape[0] / (double)layer.Groups * positions;
        return Math.Sqrt((fanIn + fanOut) / 1.5);
    }
}
