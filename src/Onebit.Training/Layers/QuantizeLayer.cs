using Onebit.Export;

namespace Onebit.Training;

/// <summary>
/// Makes numbers of both signs fit for a layer with weights, or for attention: as <see cref="ActivationLayer"/>, but no activation. In full
/// precision it gives what it reads. Of 8 bits it gives the codes -128 to 127, 32 to one. Of fewer it is the method's own binarizer.
/// </summary>
/// <param name="Method">
/// Whose binarizer, of as many bits as the method has by itself, where the network binarizes; null: the experiment's.
/// </param>
public sealed record QuantizeLayer(Method? Method = null) : Layer
{
    internal override bool FoldsBatchNorm => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        ActivationModule.Create(context, Method, input.Channels, isSigned: true);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];
}
