using System.Globalization;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A TorchSharp module made from a list of layers and a method. Reads prepared pixels, batch x channels x height x
/// width, and gives logits, batch x classes.
/// </summary>
public sealed class Network : nn.Module<Tensor, Tensor>
{
    private readonly (double Mean, double Deviation) _pixels;
    private readonly LayerModules _layers = new();
    private readonly int[] _lastReaders;

    /// <summary>Builds the network with random weights from torch's global generator.</summary>
    /// <param name="spec">The layers.</param>
    /// <param name="method">The method.</param>
    /// <param name="input">The shape of an image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="pixels">How the network sees an image.</param>
    /// <param name="activationBits">32 keeps float activations whatever the method; null: the method's.</param>
    /// <param name="weightBits">32 keeps real weights whatever the method; null: the method's.</param>
    /// <param name="zeroInit">Latent weights start at 0.</param>
    /// <param name="pixelStatistics">Mean and deviation of the training pixels, for <see cref="PixelEncoding.Normalized"/>.</param>
    /// <param name="pixelThreshold">
    /// The least byte that <see cref="PixelEncoding.Bits"/> and <see cref="PixelEncoding.Signs"/> see as 1 or +1; null: 128 and 1.
    /// </param>
    /// <param name="generation">What a diffusion model generates; null: a classifier.</param>
    /// <exception cref="ExperimentException">The layers do not fit together.</exception>
    public Network(
        NetworkSpec spec,
        Method method,
        Shape input,
        int classes,
        PixelEncoding pixels,
        int? activationBits = null,
        int? weightBits = null,
        bool zeroInit = false,
        (double Mean, double Deviation)? pixelStatistics = null,
        byte? pixelThreshold = null,
        GenerationSpec? generation = null
    )
        : base(spec.Name)
    {
        Spec = spec;
        Method = method;
        Input = input;
        Classes = classes;
        Generation = generation;
        Pixels = pixels;
        PixelThreshold = pixels switch
        {
            _ when generation is not null => 0,
            PixelEncoding.Bits => pixelThreshold ?? 128,
            PixelEncoding.Signs => pixelThreshold ?? 1,
            _ => 0,
        };
        WeightBits = method.Binarizes ? weightBits ?? method.WeightBits : 32;
        ActivationBits = method.Binarizes ? activationBits ?? method.ActivationBits : 32;
        _pixels = pixelStatistics ?? (0, 255);
        register_module("layers", _layers);
        Nodes = Build(new BuildContext(spec.Name, method, WeightBits, ActivationBits, classes, zeroInit, generation));
        _lastReaders = new int[Nodes.Count + 1];
        for (int i = 0; i < Nodes.Count; i++)
        {
            foreach (int v in Nodes[i].Node.Inputs)
            {
                _lastReaders[v] = i;
            }
        }
    }

    /// <summary>The layers as listed.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>The method.</summary>
    public Method Method { get; }

    /// <summary>Shape of an image.</summary>
    public Shape Input { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Of a diffusion model, which gives an image; null: a classifier, which gives logits.</summary>
    public GenerationSpec? Generation { get; }

    /// <summary>How the network sees an image.</summary>
    public PixelEncoding Pixels { get; }

    /// <summary>The least byte that is seen as 1 or +1 where pixels have one bit; else 0.</summary>
    public byte PixelThreshold { get; }

    /// <summary>32, 8, or the planes of the method's own.</summary>
    public int ActivationBits { get; }

    /// <summary>32, or the planes of a weight.</summary>
    public int WeightBits { get; }

    /// <summary>Bits of a pixel as the network sees it.</summary>
    public int InputBits =>
        Pixels switch
        {
            PixelEncoding.Bytes => 8,
            PixelEncoding.Bits or PixelEncoding.Signs => 1,
            _ => 32,
        };

    /// <summary>The layers in the order they run. Value 0 is the image, value <c>i + 1</c> what node <c>i</c> gives.</summary>
    public IReadOnlyList<NetworkNode> Nodes { get; }

    /// <summary>Every module with weights.</summary>
    public IEnumerable<WeightModule> WeightModules => modules().OfType<WeightModule>();

    /// <summary>Every batch normalization.</summary>
    public IEnumerable<BatchNormModule> BatchNormModules => modules().OfType<BatchNormModule>();

    /// <summary>Number of trained numbers.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <summary>Number of weights that one bit each stands for.</summary>
    public long BinaryParameterCount => WeightModules.Where(l => l.IsBinarized).Sum(l => l.Weight.numel());

    /// <summary>Bytes where no file holds the network: the bits of binarized weights, and four bytes for every other number.</summary>
    public long CountedBytes => (BinaryParameterCount * WeightBits + 7) / 8 + 4 * (ParameterCount - BinaryParameterCount);

    /// <summary>Multiply-accumulates of one image.</summary>
    public long MultiplyAccumulates => Nodes.Sum(n => n.Module.MultiplyAccumulates([.. n.Inputs.Select(i => i.Shape)], n.Output.Shape));

    /// <summary>Share of the training done, 0 to 1: what tightens with it.</summary>
    public double Progress
    {
        set
        {
            foreach (WeightModule module in WeightModules)
            {
                module.Progress = value;
            }

            foreach (ActivationModule module in modules().OfType<ActivationModule>())
            {
                module.Progress = value;
            }
        }
    }

    /// <summary>Pixels, bytes of shape batch x channels x height x width, as this network sees them: float32 of the same shape.</summary>
    public Tensor Prepare(Tensor pixels) =>
        Pixels switch
        {
            PixelEncoding.Bytes => pixels.to(ScalarType.Float32),
            PixelEncoding.Bits => pixels.ge(PixelThreshold).to(ScalarType.Float32),
            PixelEncoding.Signs => pixels.ge(PixelThreshold).to(ScalarType.Float32).mul_(2).sub_(1),
            // The first step never in place: augmented pixels are float32 already, and a teacher sees the same ones.
            PixelEncoding.Unit => pixels.to(ScalarType.Float32).div(255),
            PixelEncoding.Centered => pixels.to(ScalarType.Float32).div(255).sub_(0.5),
            _ => pixels.to(ScalarType.Float32).sub(_pixels.Mean).div_(_pixels.Deviation),
        };

    /// <summary>What a program must know to use the weights, as text by name. docs/results-format.md explains it.</summary>
    internal Dictionary<string, string> Metadata
    {
        get
        {
            (double mean, double deviation) = Pixels switch
            {
                PixelEncoding.Unit => (0, 255),
                PixelEncoding.Centered => (127.5, 255),
                PixelEncoding.Normalized => _pixels,
                _ => (0, 1),
            };
            var metadata = new Dictionary<string, string>
            {
                ["method"] = Method.Name,
                ["pixels"] = JsonNamingPolicy.CamelCase.ConvertName($"{Pixels}"),
                ["batchNormEpsilon"] = Text(BatchNormModule.Epsilon),
                ["codesPerOne"] = Text(ActivationBits < 32 ? EightBitRelu.CodesPerOne : 1),
            };
            if (PixelThreshold > 0)
            {
                metadata["pixelThreshold"] = Text(PixelThreshold);
            }
            else if (Pixels != PixelEncoding.Signs)
            {
                metadata["pixelMean"] = Text(mean);
                metadata["pixelDeviation"] = Text(deviation);
            }

            return metadata;

            static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Trace(x, [])[^1].flatten(1);

    /// <summary>
    /// A diffusion model's clean image, pixels from -1 to 1, not clipped, or logits of bits by 4: batch x channels x height x width.
    /// </summary>
    /// <param name="noisy">Noisy images, of the same shape and scale.</param>
    /// <param name="levels">The noise level of each, from 1, int64.</param>
    /// <param name="classes">The class of each, int64; with class dropout, <see cref="Classes"/> is none.</param>
    internal Tensor Denoise(Tensor noisy, Tensor levels, Tensor classes)
    {
        foreach (ConditionModule module in modules().OfType<ConditionModule>())
        {
            module.Condition = (levels, classes);
        }

        return Trace(ActivationBits < 32 ? noisy * EightBitRelu.CodesPerOne : noisy, [])[^1];
    }

    /// <summary>Every value, the prepared pixels first.</summary>
    /// <param name="x">The pixels.</param>
    /// <param name="kept">
    /// The layers whose values are asked for, beside the last one; null: all. Others are null, and freed behind their last reader where no
    /// gradient needs them.
    /// </param>
    internal Tensor[] Trace(Tensor x, IReadOnlyList<string>? kept = null)
    {
        var values = new Tensor[Nodes.Count + 1];
        values[0] = x;
        for (int i = 0; i < Nodes.Count; i++)
        {
            using DisposeScope scope = NewDisposeScope(); // What the gradient does not need is freed at once.
            IReadOnlyList<int> inputs = Nodes[i].Node.Inputs;
            values[i + 1] = scope.MoveToOuter(Nodes[i].Forward([.. inputs.Select(v => values[v])]));
            foreach (int v in inputs.Distinct().Where(v => v > 0 && _lastReaders[v] == i && kept?.Contains(Nodes[v - 1].Node.Key) == false))
            {
                // Some layers give what they read.
                if (values.Count(other => ReferenceEquals(other, values[v])) == 1)
                {
                    values[v].Dispose();
                }

                values[v] = null!;
            }
        }

        return values;
    }

    /// <summary>The numbers of a layer's value in ones, whatever they count in.</summary>
    /// <param name="values">All values, from <see cref="Trace"/>.</param>
    /// <param name="layer">What the layer's module is registered under.</param>
    /// <exception cref="ExperimentException">There is no such layer.</exception>
    internal Tensor InOnes(Tensor[] values, string layer)
    {
        for (int i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[i].Node.Key == layer)
            {
                double unit = ActivationBits < 32 ? EightBitRelu.CodesPerOne : 1;
                double factor = Nodes[i].Output.CodesPerOne / unit;
                return factor == 1 ? values[i + 1] : values[i + 1] * factor;
            }
        }

        throw new ExperimentException(
            $"The network '{Spec.Name}' has no layer '{layer}'; name one of {string.Join(", ", Nodes.Select(n => n.Node.Key))}."
        );
    }

    /// <summary>Nothing: every module is registered once, where it is made.</summary>
    protected override void RegisterComponents() { }

    private List<NetworkNode> Build(BuildContext context)
    {
        var nodes = new List<NetworkNode>();
        var values = new List<Value> { new(Input) { Padding = () => Pixels == PixelEncoding.Signs ? -1 : 0 } };
        foreach (LayerNode node in Spec.ToGraph())
        {
            BuildContext at = context with { At = node.Label };
            Value[] inputs = [.. node.Inputs.Select(v => values[v])];
            Shape shape = node.Layer.OutputShape(at, [.. inputs.Select(v => v.Shape)]);
            LayerModule module;
            if (node.SharedWith is not { } first)
            {
                module = node.Layer.CreateModule(at, node, inputs[0].Shape);
                _layers.register_module(node.Key, module);
            }
            else if (inputs[0].Shape == nodes[first].Inputs[0].Shape)
            {
                module = nodes[first].Module;
            }
            else
            {
                throw context.Wrong(
                    $"repeats layers with shared weights that turn {nodes[first].Inputs[0].Shape} into {inputs[0].Shape}; "
                        + "they must keep the shape"
                );
            }

            values.Add(module.Describe(shape, inputs));
            nodes.Add(new NetworkNode(node, module, inputs, values[^1]));
        }

        Shape end = values[^1].Shape;
        if (Generation is not null)
        {
            return end == Input ? nodes : throw context.Wrong($"ends with {end}, but a diffusion model gives images of {Input}");
        }

        return end == new Shape(Classes, 1, 1)
            ? nodes
            : throw context.Wrong(
                $"ends with {end} values, but there are {Classes} classes; end it with a dense layer that gives no units"
            );
    }

    /// <summary>Holds the layers' modules, so that their parameters are called <c>layers.KEY.NAME</c>.</summary>
    private sealed class LayerModules() : nn.Module("layers")
    {
        protected override void RegisterComponents() { }
    }
}
