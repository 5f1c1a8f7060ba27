using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The method's activation: ReLU, ReLU of 8 bits, tanh, signs or several planes.</summary>
/// <param name="Method">
/// Whose activation, of as many bits as the method has by itself, where the network binarizes; null: the experiment's.
/// </param>
public sealed record ActivationLayer(Method? Method = null) : Layer
{
    internal override string? Brief => null;

    internal override bool FoldsBatchNorm => true;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        ActivationModule.Create(context, Method, input.Channels, isSigned: false);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => graph.Relu(inputs[0]);
}

/// <summary>
/// The activation of a method: real (32 bits; ReLU for most), ReLU rounded to codes (8) or the method's planes of signs. A signed one is no
/// ReLU: real it gives what it reads, and its codes are -128 to 127.
/// </summary>
public sealed class ActivationModule : LayerModule
{
    private const int SignedZero = 128;

    private static readonly EightBitRelu s_eightBit = new();

    private readonly Method _method;

    private ActivationModule(Method method, int bits, int channels, bool isSigned)
        : base("activation")
    {
        (_method, Bits, IsSigned) = (method, bits, isSigned);
        if (bits is not (8 or 32))
        {
            Binarizer = isSigned ? method.SignedActivation(bits, channels) : method.Activation(bits, channels);
            register_module("binarizer", Binarizer);
        }
    }

    /// <summary>It keeps numbers of both signs, so it is no ReLU.</summary>
    public bool IsSigned { get; }

    /// <summary>The module of a layer.</summary>
    /// <param name="context">What the experiment says of all layers.</param>
    /// <param name="own">The layer's own method; null: the experiment's.</param>
    /// <param name="channels">Channels of what is read.</param>
    /// <param name="isSigned">It is no ReLU.</param>
    internal static ActivationModule Create(BuildContext context, Method? own, int channels, bool isSigned) =>
        context.HasIntegers
            ? new ActivationModule(context.MethodOf(own), own?.ActivationBits ?? context.ActivationBits, channels, isSigned)
            : new ActivationModule(context.Method, 32, channels, isSigned);

    /// <summary>32, 8, or the planes of the method's own.</summary>
    public int Bits { get; }

    /// <summary>The method's binarizer; null where activations are of 8 or 32 bits.</summary>
    public ActivationBinarizer? Binarizer { get; }

    internal double Progress { get; set; } = 1;

    internal override Value Describe(Shape shape, IReadOnlyList<Value> inputs) =>
        Binarizer is { } binarizer
            ? new Value(shape) { CodesPerOne = EightBitRelu.CodesPerOne, Padding = () => binarizer.Planes.Low }
            : new Value(shape) { Padding = () => Bits == 8 && IsSigned ? -SignedZero : 0 };

    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        Value x = builder.Single(inputs[0]);
        return Binarizer is { } binarizer ? Pack(builder, binarizer.Planes, x)
            : !IsSigned ? builder.Requantize(x, 8)
            : builder.Describe(builder.Requantize(x.Then(new Affine(1, 0, SignedZero)), 8).Index, new Affine(1, 0, -SignedZero));
    }

    private protected override Tensor Forward(Tensor x, Value value) =>
        Binarizer is { } binarizer ? binarizer.OfProduct(x, 1.0 / EightBitRelu.CodesPerOne, Progress)
        : Bits == 8
            ? IsSigned ? Steps.Of(x, new CodeStep(-SignedZero, byte.MaxValue - SignedZero))
                : s_eightBit.Forward(x)
        : IsSigned ? x
        : _method.RealActivation(x);

    private static Value Pack(OperationBuilder builder, ActivationPlanes planes, Value x)
    {
        ValueInfo info = builder.Info(x.Index);
        (int Threshold, bool Flipped)[][] ends =
        [
            .. planes.Thresholds.Select(thresholds =>
                x.Affines.Select((a, c) => Below(a, thresholds[thresholds.Length == 1 ? 0 : c]).ToThreshold(info.Minimum, info.Maximum))
                    .ToArray()
            ),
        ];
        bool[] flipped = [.. ends[0].Select(e => e.Flipped)];
        double[] coefficients = [.. planes.Coefficients.Select(Math.Abs)];
        // Turned where its coefficient is negative, a plane of -1 is the lower level, as padding takes it.
        if (!planes.IsCode || ends.Length == 1)
        {
            return Signs([
                .. ends.Select(
                    (end, n) =>
                        new Threshold(
                            x.Index,
                            end.Select(e => e.Threshold).ToArray(),
                            flipped.Select(f => f != planes.Coefficients[n] < 0).ToArray()
                        )
                ),
            ]);
        }

        // Where the normalization turned the order, the last threshold comes first.
        int[] ordered = [.. flipped.SelectMany((_, c) => ends.Select(end => end[c].Threshold).Order())];
        Value code = builder.Append(new Quantize(x.Index, coefficients.Length, ordered, flipped));
        double step = 2 * coefficients[0];
        return coefficients.Select((c, n) => 2 * c == Math.ScaleB(step, n)).All(equal => equal) && step > 0
            ? builder.Describe(code.Index, new Affine(step, 0, planes.Low))
            : Signs([.. coefficients.Select((_, n) => new BitPlane(code.Index, n))]);

        static Affine Below(Affine a, double threshold) => a with { Offset = a.Offset - EightBitRelu.CodesPerOne * threshold };

        Value Signs(IReadOnlyList<Operation> operations)
        {
            Value[] signs = [.. operations.Select(builder.Append)];
            return signs is [var only]
                ? builder.Describe(only.Index, new Affine(coefficients[0], 0, planes.Offset))
                : signs[0] with
                {
                    Planes = [.. signs.Zip(coefficients, (s, c) => (s.Index, c))],
                    Affines = new Affine(1, 0, planes.Offset).Repeat(info.Channels),
                };
        }
    }
}
