using System.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>How the parameters of a run move: its optimizer, rates over time, and the bounds of latent weights.</summary>
internal sealed class Optimization
{
    private const string OptimizerState = "optimizer", BopState = "bop.";

    private readonly OptimizerSpec _spec;
    private readonly Network _network;
    private readonly optim.Optimizer _optimizer;
    private readonly double[] _rates;
    private readonly Bop? _bop;
    private double _factor = 1;

    internal Optimization(OptimizerSpec spec, Network network)
    {
        (_spec, _network) = (spec, network);
        WeightLayer[] binarized = [.. network.WeightLayers.Where(l => l.IsBinarized)];
        if (spec.Type == OptimizerType.Bop)
            _bop = new Bop(binarized.Select(l => l.Weight), spec.Adaptivity, spec.Threshold);
        // Layers with a rate of their own, then all the rest.
        (Parameter Weight, double Rate)[] own = spec.GlorotRates ? [.. network.WeightLayers.Select(l => (l.Weight, spec.Rate * GlorotRate(l)))] : [];
        HashSet<Parameter> apart = [.. own.Select(o => o.Weight), .. _bop is null ? [] : binarized.Select(l => l.Weight)];
        Parameter[] rest = [.. network.parameters().Where(p => !apart.Contains(p))];
        (Parameter[] Parameters, double Rate)[] groups = [.. own.Select(o => (new[] { o.Weight }, o.Rate)), .. rest.Length > 0 ? [(rest, spec.Rate)] : Array.Empty<(Parameter[], double)>()];
        _rates = [.. groups.Select(g => g.Rate)];
        _optimizer = spec.Type == OptimizerType.Sgd
            ? optim.SGD(groups.Select(g => new SGD.ParamGroup(g.Parameters, g.Rate, spec.Momentum)), spec.Rate, spec.Momentum)
            : optim.Adam(groups.Select(g => new Adam.ParamGroup(g.Parameters, g.Rate)), spec.Rate);
    }

    /// <summary>Numbers of state that the optimizer keeps: two moments a parameter of Adam, one of the others, SGD without momentum none.</summary>
    internal long StateCount => _spec switch
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
    }

    /// <summary>Adds the state to a checkpoint.</summary>
    internal void Save(IDictionary<string, Tensor> tensors)
    {
        using var state = new MemoryStream();
        using (var writer = new BinaryWriter(state, Encoding.UTF8, leaveOpen: true))
            ((OptimizerHelper)_optimizer).save_state_dict(writer);
        tensors[OptimizerState] = tensor(state.ToArray(), ScalarType.Byte);
        foreach ((Tensor average, int i) in (_bop?.Averages ?? []).Select((a, i) => (a, i)))
            tensors[BopState + i] = average;
    }

    /// <summary>Takes the state from a checkpoint.</summary>
    internal void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var stream = new MemoryStream(tensors[OptimizerState].bytes.ToArray());
        using var reader = new BinaryReader(stream);
        ((OptimizerHelper)_optimizer).load_state_dict(reader);
        foreach ((Tensor average, int i) in (_bop?.Averages ?? []).Select((a, i) => (a, i)))
            average.copy_(tensors[BopState + i]);
    }

    private static double GlorotRate(WeightLayer layer)
    {
        long positions = layer.IsDense ? 1 : layer.Weight.shape[2] * layer.Weight.shape[3];
        double fanIn = layer.Weight.numel() / (double)layer.Weight.shape[0], fanOut = layer.Weight.shape[0] / (double)layer.Groups * positions;
        return Math.Sqrt((fanIn + fanOut) / 1.5);
    }
}
