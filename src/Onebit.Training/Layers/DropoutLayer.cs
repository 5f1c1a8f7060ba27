using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Dropout while training.</summary>
/// <param name="Rate">Share of elements set to 0.</param>
public sealed record DropoutLayer(double Rate) : Layer
{
    internal override bool IsIdentity => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        Rate is > 0 and < 1 ? inputs[0] : throw context.Wrong($"has a rate of {Rate}; it must be above 0 and below 1");

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(Rate);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];

    private sealed class Module(double rate) : LayerModule("dropout")
    {
        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) => inputs[0];

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) => inputs[0];

        private protected override Tensor Forward(Tensor x, Value value) => nn.functional.dropout(x, rate, training);
    }
}
