using Onebit.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Layer normalization (Ba, Kiros &amp; Hinton 2016) over the channels of each position, with learned factor and offset per channel. Its
/// mean depends on the image, so it has no integer form: one-bit networks have <see cref="BatchNormLayer"/>.
/// </summary>
public sealed record LayerNormLayer : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new Module(input.Channels, context.HasIntegers && !node.IsLast ? EightBitRelu.CodesPerOne : 1);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.LayerNorm(inputs[0]);

    private sealed class Module : LayerModule
    {
        private const double Epsilon = 1e-5;

        private readonly double _codesPerOne;
        private readonly Parameter _gamma,
            _beta;

        internal Module(int channels, double codesPerOne)
            : base("layerNorm")
        {
            _codesPerOne = codesPerOne;
            register_parameter("gamma", _gamma = new Parameter(ones(channels)));
            register_parameter("beta", _beta = new Parameter(zeros(channels)));
        }

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs) =>
            throw new PackingException("a layerNorm has no integer form; use batchNorm");

        private protected override Tensor Forward(Tensor x, Value value)
        {
            Tensor positions = Spatial(x).permute(0, 2, 3, 1);
            Tensor normalized = nn.functional.layer_norm(positions, [positions.shape[3]], _gamma, _beta, Epsilon);
            return (_codesPerOne == 1 ? normalized : normalized * _codesPerOne).permute(0, 3, 1, 2);
        }
    }
}
