using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// The activation GELU (Hendrycks &amp; Gimpel 2016). In binarized networks it reads and gives whole codes, 32 to one. It reads -128 to
/// 127, and a table of 256 entries gives the code nearest to the result.
/// </summary>
public sealed record GeluLayer : Layer
{
    private const int Lowest = -128,
        Highest = 127;

    internal override bool FoldsBatchNorm => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(context.HasIntegers);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Gelu(inputs[0]);

    private sealed class Module(bool rounds) : LayerModule("gelu")
    {
        // The lowest code given, which a packed code of 0 stands for: GELU is never below -0.17.
        private const int Offset = -5;

        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) => new(shape) { Padding = () => rounds ? Offset : 0 };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            Value codes = builder.Requantize(builder.Single(inputs[0]).Then(new Affine(inputs[0].CodesPerOne, 0, -Lowest)), 8);
            using var scope = NewDisposeScope();
            Tensor read = arange(Lowest, Highest + 1, dtype: ScalarType.Float32);
            byte[] table = [.. (Binarizer.Rounded(Curve(read)) - Offset).data<float>().Select(c => (byte)c)];
            return builder.Describe(builder.Append(new Lookup(codes.Index, table)).Index, new Affine(1, 0, Offset));
        }

        private protected override Tensor Forward(Tensor x, Value value)
        {
            if (!rounds)
            {
                return nn.functional.gelu(x);
            }

            Tensor codes = (x * value.CodesPerOne).clamp(Lowest, Highest),
                read = Binarizer.Rounded(codes.detach());
            return Binarizer.StraightThrough(Curve(codes), Binarizer.Rounded(Curve(read)));
        }

        private static Tensor Curve(Tensor codes) =>
            nn.functional.gelu(codes * (1.0 / EightBitRelu.CodesPerOne)) * EightBitRelu.CodesPerOne;
    }
}
