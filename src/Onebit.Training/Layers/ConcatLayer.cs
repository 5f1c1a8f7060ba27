using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The channels of several layers one after another; all have the same height and width.</summary>
public sealed record ConcatLayer : Layer
{
    internal override int InputCount => Math.Max(2, From?.Count ?? 0);

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        inputs.All(x => (x.Height, x.Width) == (inputs[0].Height, inputs[0].Width))
            ? inputs[0] with
            {
                Channels = inputs.Sum(x => x.Channels),
            }
            : throw context.Wrong($"concatenates {string.Join(", ", inputs)}; all must have the same height and width");

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(context);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Concat(inputs);

    private sealed class Module(BuildContext context) : LayerModule("concat")
    {
        public override Tensor Forward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values) => cat([.. inputs.Select(Spatial)], 1);

        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) =>
            inputs.All(x => x.CodesPerOne == inputs[0].CodesPerOne)
                ? new Value(shape) { CodesPerOne = inputs[0].CodesPerOne, Padding = () => Padding(inputs) }
                : throw context.Wrong("concatenates signs and other numbers; concatenate activations of one method, or sums");

        /// <summary>One operation, unless only layers with weights read it that have to tell its branches apart.</summary>
        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            Affine[] affines = [.. inputs.SelectMany(x => x.Affines)];
            bool mustTellApart = affines.Any(a => a != affines[0]) || inputs.Any(x => x.Planes.Count > 1);
            if (!node.IsLast && node.Readers.All(r => r is WeightLayer) && mustTellApart)
            {
                return inputs[0] with { Planes = [], Affines = affines, Branches = inputs };
            }

            Value[] whole = [.. inputs.Select(builder.Single)];
            return builder.Append(new Concat(whole.Select(x => x.Index).ToArray())) with
            {
                Affines = [.. whole.SelectMany(x => x.Affines)],
                Branches = inputs,
                IsWeightedSum = whole.Any(x => x.IsWeightedSum),
            };
        }

        private double Padding(IReadOnlyList<Value> inputs)
        {
            double outside = inputs[0].Padding();
            return inputs.All(x => x.Padding() == outside)
                ? outside
                : throw context.Wrong("pads branches whose lowest levels differ; leave out the padding behind the concatenation");
        }
    }
}
