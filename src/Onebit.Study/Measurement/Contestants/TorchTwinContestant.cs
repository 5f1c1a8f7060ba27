using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Onebit.Export;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>A float32 twin on libtorch. Convolutions keep channels last in memory, which it pools several times faster.</summary>
internal sealed class TorchTwinContestant : FloatContestant
{
    private readonly FloatTwin _twin;
    private readonly (Tensor? Weights, Tensor? Bias)[] _parameters;
    private Tensor? _input;
    private float[] _logits = [];

    internal TorchTwinContestant(FloatTwin twin)
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Network).Module.ModuleHandle);
        _twin = twin;
        using var scope = NewDisposeScope();
        _parameters = [.. twin.Layers.Select(layer => layer is FloatLayer.Linear l ? Parameters(l) : (null, null))];
    }

    internal override ReadOnlySpan<float> Logits(ReadOnlySpan<byte> images, int count)
    {
        FloatShape shape = _twin.Values[0];
        if (_input?.shape[0] != count)
        {
            _input?.Dispose();
            _input = zeros([count, shape.Channels, shape.Height, shape.Width]).DetachFromDisposeScope();
            _logits = new float[count * _twin.ClassCount];
        }
        ToFloats(images, MemoryMarshal.Cast<byte, float>(_input.bytes));
        using var scope = NewDisposeScope();
        var values = new Tensor[_twin.Values.Count];
        values[0] = _input;
        for (int i = 0; i < _twin.Layers.Count; i++)
        {
            values[i + 1] = Run(_twin.Layers[i], values, _parameters[i]);
        }

        MemoryMarshal.Cast<byte, float>(values[_twin.Logits].contiguous().bytes).CopyTo(_logits);
        return _logits;
    }

    public override void Dispose()
    {
        _input?.Dispose();
        foreach ((Tensor? weights, Tensor? bias) in _parameters)
        {
            weights?.Dispose();
            bias?.Dispose();
        }
    }

    /// <summary>Dense layers give images x channels, all others images x channels x height x width.</summary>
    private static Tensor Run(FloatLayer layer, Tensor[] values, (Tensor? Weights, Tensor? Bias) parameters)
    {
        Tensor x = values[layer.Input];
        switch (layer)
        {
            case FloatLayer.Linear { IsDense: true }:
                return nn.functional.linear(Flat(x), parameters.Weights!, parameters.Bias);
            case FloatLayer.Linear l:
                return nn.functional.conv2d(
                    Spatial(x),
                    parameters.Weights!,
                    parameters.Bias,
                    [l.Stride, l.Stride],
                    [l.Padding, l.Padding],
                    groups: l.Groups
                );
            case FloatLayer.MaxPool p:
                return nn.functional.max_pool2d(Spatial(x), p.Size, p.Stride);
            case FloatLayer.AveragePool p:
                return nn.functional.avg_pool2d(Spatial(x), p.Size, p.Stride);
            case FloatLayer.Add a:
                Tensor other = values[a.Other];
                return x.dim() == other.dim() ? x + other : Flat(x) + Flat(other);
            case FloatLayer.Relu:
                return nn.functional.relu(x);
            default:
                throw new NotSupportedException($"libtorch has no {layer.GetType().Name}.");
        }
    }

    private static Tensor Flat(Tensor x) => x.dim() == 2 ? x : x.flatten(1);

    private static Tensor Spatial(Tensor x) => x.dim() == 4 ? x : x.unsqueeze(2).unsqueeze(3);

    private (Tensor Weights, Tensor Bias) Parameters(FloatLayer.Linear layer)
    {
        int channels = _twin.Values[layer.Input].Channels / layer.Groups;
        Tensor weights = layer.IsDense
            ? tensor(layer.Weights.ToArray(), [layer.Outputs, channels * layer.KernelHeight * layer.KernelWidth])
            : tensor(layer.Weights.ToArray(), [layer.Outputs, channels, layer.KernelHeight, layer.KernelWidth])
                .permute(0, 2, 3, 1)
                .contiguous()
                .permute(0, 3, 1, 2);
        return (weights.DetachFromDisposeScope(), tensor(layer.Bias.ToArray()).DetachFromDisposeScope());
    }
}
