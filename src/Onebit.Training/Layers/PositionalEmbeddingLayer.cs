using Onebit.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Adds a learned number to each channel of each position (Vaswani et al. 2017, section 3.5, learned). Where a network binarizes, a number
/// is a bit, -1 or +1, times a learned size per channel, and counts in whole codes.
/// </summary>
public sealed record PositionalEmbeddingLayer : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new Module(input, context.Method.Binarizes && context.WeightBits < 32, context.HasIntegers);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.PositionalEmbedding(inputs[0]);

    private sealed class Module : LayerModule
    {
        private const double FirstSize = 0.25;

        private readonly bool _rounds;
        private readonly Parameter _weight;
        private readonly Parameter? _size;

        internal Module(Shape shape, bool binarizes, bool rounds)
            : base("positionalEmbedding")
        {
            _rounds = rounds;
            _weight = new Parameter(randn(shape.Channels, shape.Height, shape.Width).mul_(0.02));
            register_parameter("weight", _weight);
            if (binarizes)
            {
                _size = new Parameter(full(shape.Channels, FirstSize));
                register_parameter("size", _size);
            }
        }

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            if (_size is null || !_rounds)
            {
                throw new PackingException("a positional embedding stays float32");
            }

            int[] multipliers = [.. Sizes(_size).detach().data<float>().Select(m => (int)m)];
            byte[] signs = WeightModule.Bits(Binarizer.SignOf(_weight));
            Value sum = builder.Append(new PositionalEmbedding(AddLayer.ToCodes(builder, inputs[0]), signs, multipliers));
            OperationBuilder.RequireExact(builder.Largest(sum.Index));
            return sum;
        }

        private protected override Tensor Forward(Tensor x, Value value)
        {
            x = Spatial(x);
            if (_size is null)
            {
                return x + _weight * (_rounds ? EightBitRelu.CodesPerOne : 1);
            }

            Tensor signs = Binarizer.StraightThrough(_weight.clamp(-1, 1), Binarizer.SignOf(_weight));
            Tensor size = _rounds ? Sizes(_size) : _size;
            return AddLayer.ToCodes(x, value, _rounds) + signs * size.view(-1, 1, 1);
        }

        private static Tensor Sizes(Tensor size) => Binarizer.Rounded(size * EightBitRelu.CodesPerOne);
    }
}
