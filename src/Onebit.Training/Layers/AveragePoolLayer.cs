using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The mean of each window. In binarized networks it is the sum: a normalization follows.</summary>
/// <param name="Size">Rows and columns of the window; 0: the whole input.</param>
/// <param name="Stride">Step; the size where it is 0.</param>
public sealed record AveragePoolLayer(int Size = 0, int Stride = 0) : Layer
{
    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs)
    {
        if (Size == 0 && inputs[0].Height != inputs[0].Width)
        {
            throw context.Wrong($"averages a whole input of {inputs[0].Height} x {inputs[0].Width}; give its averagePool a size");
        }

        (int size, int stride) = Window(inputs[0]);
        return context.Pooled(inputs[0], size, stride);
    }

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input)
    {
        (int size, int stride) = Window(input);
        return new Module(size, stride, context.HasIntegers ? 1 : (long)size * size);
    }

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes)
    {
        (int size, int stride) = Window(graph.Values[inputs[0]]);
        return graph.AveragePool(inputs[0], size, stride);
    }

    private (int Size, int Stride) Window(Shape input)
    {
        int size = Size == 0 ? input.Height : Size;
        return (size, Stride == 0 ? size : Stride);
    }

    /// <param name="size">Rows and columns of the window.</param>
    /// <param name="stride">Step.</param>
    /// <param name="divisor">1 leaves the sum, so that whole numbers stay whole: the next normalization divides.</param>
    private sealed class Module(int size, int stride, long divisor) : LayerModule("averagePool")
    {
        private readonly long _area = (long)size * size;

        internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) =>
            inputs[0] with
            {
                Shape = shape,
                Padding = () => inputs[0].Padding() * _area / divisor,
            };

        internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
        {
            Value x = builder.Single(inputs[0]);
            Value sum = builder.Append(new SumPool(x.Index, size, stride));
            if (!x.IsWeightedSum)
            {
                OperationBuilder.RequireExact(builder.Largest(sum.Index));
            }

            return sum with
            {
                Affines = [.. x.Affines.Select(a => new Affine(a.Factor, a.Mean * _area, a.Offset * _area))],
                IsWeightedSum = x.IsWeightedSum,
            };
        }

        private protected override Tensor Forward(Tensor x, Value value) =>
            nn.functional.avg_pool2d(Spatial(x), size, stride, divisor_override: divisor);
    }
}
