using Onebit.Export;

namespace Onebit.Training;

/// <summary>Two learned slopes around 0 (Tu, Chen, Ren &amp; Wang, "AdaBin", ECCV 2022; an older Maxout is something else).</summary>
public sealed record MaxoutLayer : Layer
{
    internal override bool FoldsBatchNorm => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new PiecewiseLinearModule(input.Channels, context.HasIntegers ? EightBitRelu.CodesPerOne : 1, shifts: false);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Relu(inputs[0]);
}
