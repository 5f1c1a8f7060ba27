using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Nearest-neighbor up-sampling: twice as many rows and columns, each number four times.</summary>
public sealed record UpsampleLayer : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        inputs[0] with
        {
            Height = checked(2 * inputs[0].Height),
            Width = checked(2 * inputs[0].Width),
        };

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module();

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Upsample(inputs[0]);

    private sealed class Module() : LayerModule("upsample")
    {
        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) => inputs[0] with { Shape = shape };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) =>
            inputs[0] with
            {
                Planes = [.. inputs[0].Planes.Select(p => (builder.Append(new Upsample(p.Index)).Index, p.Weight))],
                Branches = [],
            };

        private protected override Tensor Forward(Tensor x, Value value) =>
            nn.functional.interpolate(Spatial(x), scale_factor: [2, 2], mode: InterpolationMode.Nearest);
    }
}
