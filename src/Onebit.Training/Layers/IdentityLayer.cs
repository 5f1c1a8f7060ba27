using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Gives what it reads: a place to name the value that a repetition's pass starts from.</summary>
public sealed record IdentityLayer : Layer
{
    internal override bool IsIdentity => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module();

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];

    private sealed class Module() : LayerModule("identity")
    {
        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) => inputs[0];

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) => inputs[0];

        private protected override Tensor Forward(Tensor x, Value value) => x;
    }
}
