using System.Numerics.Tensors;
using Onebit.Export;

namespace Onebit.Study;

/// <summary>
/// A dense float graph in plain C#: a vectorized dot product a neuron. It has no overhead a call, so for one image it
/// shows how much of a library's time that is.
/// </summary>
internal sealed class PlainBackend : FloatBackend
{
    // So many images share each row of weights while it is in the nearest cache.
    private const int Block = 16;

    private readonly FloatGraph _graph;
    private float[][] _values = [];

    /// <summary>Takes a graph with <see cref="FloatGraph.IsDense"/>.</summary>
    internal PlainBackend(FloatGraph graph) => _graph = graph;

    internal override ReadOnlySpan<float> Logits(ReadOnlySpan<byte> images, int count)
    {
        if (_values.Length == 0 || _values[0].Length != images.Length)
        {
            _values = [.. _graph.Values.Select(v => new float[count * v.Count])];
        }

        ToFloats(images, _values[0]);
        for (int i = 0; i < _graph.Nodes.Count; i++)
        {
            FloatNode node = _graph.Nodes[i];
            float[] x = _values[node.Input];
            switch (node)
            {
                case FloatNode.Linear linear:
                    Multiply(linear, x, _values[i + 1], count);
                    break;
                case FloatNode.Relu:
                    TensorPrimitives.Max(x, 0f, _values[i + 1]);
                    break;
                default:
                    throw new NotSupportedException($"Plain C# has no {node.GetType().Name}.");
            }
        }
        return _values[_graph.Output];
    }

    public override void Dispose() { }

    private static void Multiply(FloatNode.Linear layer, ReadOnlySpan<float> x, Span<float> y, int count)
    {
        ReadOnlySpan<float> weights = layer.Weights.Span,
            bias = layer.Bias.Span;
        int fanIn = weights.Length / layer.Outputs;
        for (int start = 0; start < count; start += Block)
        {
            int end = Math.Min(count, start + Block);
            for (int o = 0; o < layer.Outputs; o++)
            {
                ReadOnlySpan<float> row = weights.Slice(o * fanIn, fanIn);
                for (int i = start; i < end; i++)
                {
                    y[i * layer.Outputs + o] = TensorPrimitives.Dot(row, x.Slice(i * fanIn, fanIn)) + bias[o];
                }
            }
        }
    }
}
