using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Onebit.Export;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>A float graph on libtorch. Convolutions keep channels last in memory, which it pools several times faster.</summary>
internal sealed class TorchBackend : FloatBackend
{
    private readonly FloatGraph _graph;
    private readonly (Tensor? Weights, Tensor? Bias)[] _parameters;
    private Tensor? _input;
    private float[] _logits = [];

    internal TorchBackend(FloatGraph graph)
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Network).Module.ModuleHandle);
        _graph = graph;
        using var scope = NewDisposeScope();
        _parameters =
        [
            .. graph.Nodes.Select(node =>
                node switch
                {
                    FloatNode.Linear l => Parameters(l),
                    FloatNode.PositionalEmbedding b => (null, Numbers(b)),
                    _ => (null, null),
                }
            ),
        ];
    }

    internal override ReadOnlySpan<float> Logits(ReadOnlySpan<byte> images, int count)
    {
        Shape shape = _graph.Values[0];
        if (_input?.shape[0] != count)
        {
            _input?.Dispose();
            _input = zeros([count, shape.Channels, shape.Height, shape.Width]).DetachFromDisposeScope();
            _logits = new float[count * _graph.OutputCount];
        }
        ToFloats(images, MemoryMarshal.Cast<byte, float>(_input.bytes));
        using var scope = NewDisposeScope();
        var values = new Tensor[_graph.Values.Count];
        values[0] = _input;
        for (int i = 0; i < _graph.Nodes.Count; i++)
        {
            values[i + 1] = Run(_graph.Nodes[i], values, _parameters[i]);
        }

        MemoryMarshal.Cast<byte, float>(values[_graph.Output].contiguous().bytes).CopyTo(_logits);
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
    private static Tensor Run(FloatNode node, Tensor[] values, (Tensor? Weights, Tensor? Bias) parameters)
    {
        Tensor x = values[node.Input];
        switch (node)
        {
            case FloatNode.Linear { IsDense: true }:
                return nn.functional.linear(Flat(x), parameters.Weights!, parameters.Bias);
            case FloatNode.Linear l:
                return nn.functional.conv2d(
                    Spatial(x),
                    parameters.Weights!,
                    parameters.Bias,
                    [l.Stride, l.Stride],
                    [l.Padding, l.Padding],
                    groups: l.Groups
                );
            case FloatNode.MaxPool p:
                return nn.functional.max_pool2d(Spatial(x), p.Size, p.Stride);
            case FloatNode.AveragePool p:
                return nn.functional.avg_pool2d(Spatial(x), p.Size, p.Stride);
            case FloatNode.Add a:
                Tensor other = values[a.Other];
                return x.dim() == other.dim() ? x + other : Flat(x) + Flat(other);
            case FloatNode.LayerNorm:
                Tensor last = Spatial(x).permute(0, 2, 3, 1);
                return nn.functional.layer_norm(last, [last.shape[3]]).permute(0, 3, 1, 2);
            case FloatNode.PositionalEmbedding:
                return Spatial(x) + parameters.Bias!;
            case FloatNode.AttentionScores a:
                Tensor query = Spatial(x);
                return ByHead(values[a.Key], a.Heads)
                    .transpose(2, 3)
                    .matmul(ByHead(query, a.Heads))
                    .reshape(query.shape[0], -1, query.shape[2], query.shape[3]);
            case FloatNode.Softmax s:
                return ByHead(x, s.Heads).softmax(2).reshape(x.shape);
            case FloatNode.AttentionSum a:
                return ByHead(values[a.Values], a.Heads).matmul(ByHead(x, a.Heads)).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
            case FloatNode.Concat c:
                return cat([.. c.Inputs.Select(v => Spatial(values[v]))], 1);
            case FloatNode.Upsample:
                return nn.functional.interpolate(Spatial(x), scale_factor: [2, 2], mode: InterpolationMode.Nearest);
            case FloatNode.Gelu:
                return nn.functional.gelu(x);
            case FloatNode.Relu:
                return nn.functional.relu(x);
            default:
                throw new NotSupportedException($"libtorch has no {node.GetType().Name}.");
        }
    }

    private static Tensor ByHead(Tensor x, int heads) => x.reshape(x.shape[0], heads, x.shape[1] / heads, -1);

    private static Tensor Flat(Tensor x) => x.dim() == 2 ? x : x.flatten(1);

    private static Tensor Spatial(Tensor x) => x.dim() == 4 ? x : x.unsqueeze(2).unsqueeze(3);

    private static Tensor Numbers(FloatNode.PositionalEmbedding embedding) =>
        tensor(embedding.Numbers.ToArray(), [1, embedding.Output.Channels, embedding.Output.Height, embedding.Output.Width])
            .DetachFromDisposeScope();

    private (Tensor? Weights, Tensor? Bias) Parameters(FloatNode.Linear layer)
    {
        int channels = _graph.Values[layer.Input].Channels / layer.Groups;
        Tensor weights = layer.IsDense
            ? tensor(layer.Weights.ToArray(), [layer.Outputs, channels * layer.KernelHeight * layer.KernelWidth])
            : tensor(layer.Weights.ToArray(), [layer.Outputs, channels, layer.KernelHeight, layer.KernelWidth])
                .permute(0, 2, 3, 1)
                .contiguous()
                .permute(0, 3, 1, 2);
        return (weights.DetachFromDisposeScope(), tensor(layer.Bias.ToArray()).DetachFromDisposeScope());
    }
}
