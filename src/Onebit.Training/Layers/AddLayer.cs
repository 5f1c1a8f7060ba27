using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// The sum of two layers of one shape, such as a residual path and its shortcut. In binarized networks both count in codes, so the packed
/// sum is one of integers. Levels of signs count as codes per one. All else is rounded to a code.
/// </summary>
public sealed record AddLayer : Layer
{
    internal override int InputCount => 2;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        inputs[0] == inputs[1] ? inputs[0] : throw context.Wrong($"adds {inputs[0]} and {inputs[1]}; both must have the same shape");

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => new Module(context.HasIntegers);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Add(inputs[0], inputs[1]);

    private sealed class Module(bool rounds) : LayerModule("add")
    {
        public override Tensor Forward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values)
        {
            // A dense layer gives batch x channels where a convolution gives batch x channels x 1 x 1.
            Tensor first = ToCodes(inputs[0], values[0], rounds: false).reshape(inputs[1].shape),
                second = ToCodes(inputs[1], values[1], rounds: false);
            return rounds ? Steps.RoundedSum(first, second) : first + second;
        }

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            Value sum = builder.Append(new Add(ToCodes(builder, inputs[0]), ToCodes(builder, inputs[1])));
            OperationBuilder.RequireExact(builder.Largest(sum.Index));
            return sum;
        }
    }

    /// <summary>The value in codes, where asked for rounded half up as <see cref="Onebit.Requantize"/> does.</summary>
    internal static Tensor ToCodes(Tensor x, Value value, bool rounds)
    {
        Tensor codes = value.CodesPerOne == 1 ? x : x * value.CodesPerOne;
        return rounds ? Binarizer.Rounded(codes) : codes;
    }

    /// <summary>The packed value that holds a value in codes, of 16 bits unless it does already.</summary>
    internal static int ToCodes(OperationBuilder builder, Value value)
    {
        Value codes = builder.Single(value).Then(new Affine(value.CodesPerOne, 0, 0));
        return codes.Affines.All(a => a == Affine.Identity) ? codes.Index : builder.Requantize(codes, 16).Index;
    }
}
