using Onebit.Export;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A layer with weights: a convolution, or the convolution whose kernel covers its input that a dense layer is.</summary>
/// <param name="Bias">Adds a float bias; pointless before a batch normalization.</param>
/// <param name="Binarize">false keeps these weights float32 whatever the method.</param>
/// <param name="DivideByRootFanIn">Divides the output by the square root of the fan-in, in place of a normalization.</param>
/// <param name="Method">Binarizes these weights where the network binarizes; null: the experiment's method.</param>
public abstract record WeightLayer(bool Bias, bool Binarize, bool DivideByRootFanIn, Method? Method) : Layer
{
    private const long MaxWeights = 1 << 30;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs)
    {
        Shape input = inputs[0];
        Geometry k = GeometryFor(input, context.Classes);
        if (
            k.Outputs < 1
            || k.Height < 1
            || k.Stride < 1
            || k.Padding < 0
            || k.Groups < 1
            || input.Channels % k.Groups != 0
            || k.Outputs % k.Groups != 0
        )
        {
            throw context.Wrong(
                $"has {k.Outputs} outputs, kernel {k.Height}, stride {k.Stride}, padding {k.Padding}, groups {k.Groups} "
                    + $"on {input.Channels} channels; sizes must be at least 1 and groups divide both"
            );
        }

        var result = new Shape(
            k.Outputs,
            context.Positions(input.Height, k.Height, k.Stride, k.Padding),
            context.Positions(input.Width, k.Width, k.Stride, k.Padding)
        );
        Int128 weights = (Int128)k.Outputs * (input.Channels / k.Groups) * k.Height * k.Width;
        return weights <= MaxWeights ? result : throw context.Wrong($"has {weights} weights; {MaxWeights} are the most");
    }

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input)
    {
        Geometry kernel = GeometryFor(input, context.Classes);
        WeightBinarizer? binarizer = null;
        if (Binarize && context.Method.Binarizes)
        {
            Method method = context.MethodOf(Method);
            int bits = Method is not null || context.WeightBits == 32 ? method.WeightBits : context.WeightBits;
            binarizer = method.Weights(bits, [kernel.Outputs, input.Channels / kernel.Groups, kernel.Height, kernel.Width]);
        }

        return new WeightModule(input, kernel, Bias, binarizer, context.WeightBits == 32, DivideByRootFanIn, context.ZeroInit);
    }

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes)
    {
        Geometry k = GeometryFor(graph.Values[inputs[0]], classes);
        return graph.Linear(inputs[0], k.Outputs, k.Height, k.Width, k.Stride, k.Padding, k.Groups);
    }

    private protected abstract Geometry GeometryFor(Shape input, int classes);

    /// <summary>Sizes of a convolution.</summary>
    internal readonly record struct Geometry(int Outputs, int Height, int Width, int Stride, int Padding, int Groups);
}

/// <summary>
/// A dense layer or convolution whose latent weights pass through a binarizer. A dense layer is kept as the
/// convolution whose kernel covers its input, weights of shape outputs x channels x rows x columns.
/// </summary>
public sealed class WeightModule : LayerModule
{
    private readonly double? _outputScale;
    private readonly bool _real;

    internal WeightModule(
        Shape input,
        WeightLayer.Geometry kernel,
        bool bias,
        WeightBinarizer? binarizer,
        bool real,
        bool divideByRootFanIn,
        bool zeroInit
    )
        : base("weights")
    {
        (Binarizer, _real) = (binarizer, real);
        (Stride, Padding, Groups) = (kernel.Stride, kernel.Padding, kernel.Groups);
        IsDense = (kernel.Height, kernel.Width) == (input.Height, input.Width) && Padding == 0 && Groups == 1;
        int fanIn = input.Channels / Groups * kernel.Height * kernel.Width;
        _outputScale = divideByRootFanIn ? 1 / Math.Sqrt(fanIn) : null;
        double bound = 1 / Math.Sqrt(fanIn);
        long[] shape = [kernel.Outputs, input.Channels / Groups, kernel.Height, kernel.Width];
        Weight = new Parameter(zeroInit && IsBinarized ? zeros(shape) : rand(shape).mul_(2 * bound).sub_(bound));
        Bias = bias ? new Parameter(rand(kernel.Outputs).mul_(2 * bound).sub_(bound)) : null;
        register_parameter("weight", Weight);
        if (Bias is not null)
        {
            register_parameter("bias", Bias);
        }

        if (Binarizer is not null)
        {
            register_module("binarizer", Binarizer);
        }
    }

    /// <summary>The latent weights, outputs x (channels / groups) x rows x columns.</summary>
    public Parameter Weight { get; }

    /// <summary>Float biases, one an output; null where the layer has none.</summary>
    public Parameter? Bias { get; }

    /// <summary>The binarizer of the weights; null: the method has none for them.</summary>
    public WeightBinarizer? Binarizer { get; }

    /// <summary>The weights are bits, and not kept real.</summary>
    public bool IsBinarized => Binarizer is not null && !_real;

    /// <summary>Step between positions.</summary>
    public int Stride { get; }

    /// <summary>Positions added on each side, of the lowest level of what is read: 0 for codes, -1 for signs.</summary>
    public int Padding { get; }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>The kernel covers the whole input.</summary>
    public bool IsDense { get; }

    /// <summary>What the sums are multiplied with: 1, or one over the square root of the fan-in.</summary>
    public double OutputScale => _outputScale ?? 1;

    internal double Progress { get; set; } = 1;

    internal override long MultiplyAccumulates(IReadOnlyList<Shape> inputs, Shape output) => Weight.numel() * output.Height * output.Width;

    /// <summary>Weights to use in place of the binarizer's; null: binarize in every pass.</summary>
    public Tensor? Frozen { get; set; }

    private protected override Tensor Forward(Tensor x, Value value)
    {
        (Tensor weight, Tensor? bias) = (Weight, Bias);
        if (Binarizer is not null)
        {
            weight = Frozen ?? (_real ? Binarizer.Real(Weight) : Binarizer.Forward(Weight, Progress));
            bias =
                Bias is null ? null
                : _real ? Binarizer.Real(Bias)
                : Binarizer.Bias(Bias);
        }
        Tensor result;
        if (IsDense)
        {
            result = nn.functional.linear(x.flatten(1), weight.flatten(1), bias);
        }
        else if ((Weight.shape[2], Weight.shape[3], Stride, Padding, Groups) == (1, 1, 1, 0, 1))
        {
            // Each position's channels times one matrix.
            result = nn.functional.linear(Spatial(x).permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2);
        }
        else
        {
            x = Spatial(x);
            double outside = Padding > 0 ? value.Padding() : 0;
            bool zeros = outside == 0;
            if (!zeros)
            {
                x = nn.functional.pad(x, [Padding, Padding, Padding, Padding], PaddingModes.Constant, outside);
            }

            long inside = zeros ? Padding : 0;
            result = nn.functional.conv2d(x, weight, bias, [Stride, Stride], [inside, inside], groups: Groups);
            // Channels last in memory: libtorch pools and convolves that several times faster on a CPU.
            result = result.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        }
        return _outputScale is { } scale ? result * scale : result;
    }

    /// <summary>
    /// A <see cref="Linear"/> for every plane of weights on every plane of activations, and their weighted sum where there are several.
    /// What an offset of weights adds is a multiple of the sum of the inputs: a plane of weights that are all +1.
    /// </summary>
    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        if (!IsBinarized)
        {
            throw new PackingException("its weights stay float32");
        }

        int outputs = (int)Weight.shape[0];
        var sums = new List<(int Index, double[] Weights)>();
        double[] constants = Bias is null ? new double[outputs] : Training.Binarizer.ToDoubles(Binarizer!.Bias(Bias));
        foreach ((Value branch, int first) in Branches(inputs[0]))
        {
            int channels = branch.Affines.Count / Groups;
            foreach (WeightPlane plane in Frozen is null ? Binarizer!.Planes(Weight) : [new(Frozen, null)])
            {
                double[] scales = plane.Scale is null ? [.. Enumerable.Repeat(1.0, outputs)] : Training.Binarizer.ToDoubles(plane.Scale);
                AddPlane(branch, plane.Signs.narrow(1, first, channels), scales);
            }

            if (Frozen is null && Binarizer!.Offset(Weight) is { } offset)
            {
                AddPlane(branch, ones_like(Weight.narrow(0, 0, Groups).narrow(1, first, channels)), Training.Binarizer.ToDoubles(offset));
            }
        }

        Value result =
            sums is [(var index, var factors)] && factors.All(f => f >= 0)
                ? builder.Describe(index, Affine.Identity) with
                {
                    Affines = [.. factors.Zip(constants, (f, c) => new Affine(f, 0, c))],
                }
                : builder.WeightedSum(sums, constants);
        return result.Then(new Affine(OutputScale, 0, 0));

        void AddPlane(Value input, Tensor signs, double[] scales)
        {
            Affine meaning = input.Affines[0];
            long[] shape = signs.shape;
            byte[] bits = Bits(signs);
            foreach ((int plane, double weight) in input.Planes)
            {
                OperationBuilder.RequireExact(shape[1] * shape[2] * shape[3] * builder.Largest(plane));
                Value sum = builder.Append(new Linear(plane, (int)shape[0], (int)shape[2], (int)shape[3], Stride, Padding, Groups, bits));
                sums.Add((sum.Index, [.. scales.Select(s => s * (weight * meaning.Factor))]));
            }
            // What integers of 0 stand for counts once a weight, whichever the input.
            double[] weightSums = Training.Binarizer.ToDoubles(signs.sum([1, 2, 3]));
            for (int o = 0; o < outputs; o++)
            {
                constants[o] += meaning.At(0) * scales[o] * weightSums[o * weightSums.Length / outputs];
            }
        }
    }

    /// <summary>What it reads, each with its first channel: one value, or the branches of one whose channels have several scales.</summary>
    private IEnumerable<(Value Branch, int First)> Branches(Value input)
    {
        bool hasOneScale = input.Affines.All(a => a == input.Affines[0]);
        if (!hasOneScale && input.Branches.Count == 0)
        {
            throw new PackingException("it reads channels of different scales; put a normalization or an activation before it");
        }

        if (hasOneScale && input.Planes.Count > 0)
        {
            if (input.IsWeightedSum)
            {
                throw new PackingException("it reads a sum of several planes, not their activation; pool before the activation");
            }

            yield return (input, 0);
            yield break;
        }

        if (Groups > 1)
        {
            throw new PackingException("it has groups and reads branches of different scales; leave the groups out");
        }

        int first = 0;
        foreach ((Value branch, _) in input.Branches.SelectMany(Branches))
        {
            yield return (branch, first);
            first += branch.Affines.Count;
        }
    }

    /// <summary>Signs as bits, 1 for +1 and 0 for -1, the lowest of a byte first.</summary>
    internal static byte[] Bits(Tensor signs)
    {
        float[] levels = signs.flatten().data<float>().ToArray();
        byte[] bits = new byte[(levels.Length + 7) / 8];
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] is not (1 or -1))
            {
                throw new PackingException("its frozen weights are not signs");
            }

            if (levels[i] > 0)
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }
        return bits;
    }
}
