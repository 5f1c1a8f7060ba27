using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Multiplication by a constant.</summary>
/// <param name="By">The constant.</param>
public sealed record ScaleLayer(double By) : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(By);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];

    private sealed class Module(double by) : LayerModule("scale")
    {
        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) =>
            inputs[0] with
            {
                Padding = () => inputs[0].Padding() * by,
            };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) =>
            by > 0
                ? builder.Single(inputs[0]).Then(new Affine(by, 0, 0))
                : throw new PackingException("a scale is not above 0, so that max-pooling would turn to the smallest value");

        private protected override Tensor Forward(Tensor x, Value value) => x * by;
    }
}
