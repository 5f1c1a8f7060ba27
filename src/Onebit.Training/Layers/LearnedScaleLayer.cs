using Onebit.Export;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Multiplication by one learned number (a softmax's inverse temperature), starting at 1.</summary>
public sealed record LearnedScaleLayer : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module();

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];

    private sealed class Module : LayerModule
    {
        private readonly Parameter _factor = new(ones(1));

        internal Module()
            : base("learnedScale") => register_parameter("factor", _factor);

        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) =>
            inputs[0] with
            {
                Padding = () => inputs[0].Padding() * _factor.ToDouble(),
            };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) =>
            throw new PackingException("a learnedScale layer has no integer form");

        private protected override Tensor Forward(Tensor x, Value value) => x * _factor;
    }
}
