using Onebit.Export;

namespace Onebit.Training;

/// <summary>
/// Two slopes around a learned point, all learned but the upper slope of 1 (Liu, Shen, Savvides &amp; Cheng, "ReActNet", ECCV 2020).
/// </summary>
public sealed record RPReLULayer : Layer
{
    internal override bool FoldsBatchNorm => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new PiecewiseLinearModule(input.Channels, context.HasIntegers ? EightBitRelu.CodesPerOne : 1, shifts: true);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Relu(inputs[0]);
}
