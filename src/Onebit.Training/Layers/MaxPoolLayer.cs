using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The largest value of each window.</summary>
/// <param name="Size">Rows and columns of the window.</param>
/// <param name="Stride">Step; the size where it is 0.</param>
public sealed record MaxPoolLayer(int Size, int Stride = 0) : Layer
{
    internal override string? Brief => $"maxPool {Size}";

    private int Step => Stride == 0 ? Size : Stride;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => context.Pooled(inputs[0], Size, Step);

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(Size, Step);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.MaxPool(inputs[0], Size, Step);

    private sealed class Module(int size, int stride) : LayerModule("maxPool")
    {
        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) => inputs[0] with { Shape = shape };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            Value x = builder.Single(inputs[0]);
            return builder.Append(new MaxPool(x.Index, size, stride)) with { Affines = x.Affines, IsWeightedSum = x.IsWeightedSum };
        }

        private protected override Tensor Forward(Tensor x, Value value) => nn.functional.max_pool2d(Spatial(x), size, stride);
    }
}
