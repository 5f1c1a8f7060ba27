using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A TorchSharp module made from a list of layers and a method. Reads prepared pixels, batch x channels x height x
/// width, and gives logits, batch x classes.
/// </summary>
public sealed class Network : nn.Module<Tensor, Tensor>
{
    /// <summary>Codes to one: what a normalized value of 1 is as an 8-bit activation, whose range is thus 0 to 7.97.</summary>
    public const int Unit = 32;

    private readonly (double Mean, double Deviation) _pixels;

    /// <summary>Builds the network with random weights from torch's global generator.</summary>
    /// <param name="spec">The layers.</param>
    /// <param name="method">The method.</param>
    /// <param name="input">Channels, height and width of an image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="pixels">How the network sees an image.</param>
    /// <param name="activationBits">32 keeps float activations whatever the method; null: the method's.</param>
    /// <param name="weightBits">32 keeps real weights whatever the method; null: the method's.</param>
    /// <param name="zeroInit">Latent weights start at 0.</param>
    /// <param name="pixelStatistics">Mean and deviation of the training pixels, for <see cref="PixelEncoding.Normalized"/>.</param>
    /// <param name="pixelThreshold">
    /// The least byte that <see cref="PixelEncoding.Bits"/> and <see cref="PixelEncoding.Signs"/> see as 1 or +1; null: 128 and 1.
    /// </param>
    /// <exception cref="ExperimentException">The layers do not fit together.</exception>
    public Network(
        NetworkSpec spec,
        Method method,
        (int Channels, int Height, int Width) input,
        int classes,
        PixelEncoding pixels,
        int? activationBits = null,
        int? weightBits = null,
        bool zeroInit = false,
        (double Mean, double Deviation)? pixelStatistics = null,
        byte? pixelThreshold = null
    )
        : base(spec.Name)
    {
        Spec = spec;
        Method = method;
        Input = input;
        Classes = classes;
        Pixels = pixels;
        PixelThreshold = pixels switch
        {
            PixelEncoding.Bits => pixelThreshold ?? 128,
            PixelEncoding.Signs => pixelThreshold ?? 1,
            _ => 0,
        };
        WeightBits = method.Binarizes ? weightBits ?? method.WeightBits : 32;
        ActivationBits = method.Binarizes ? activationBits ?? method.ActivationBits : 32;
        _pixels = pixelStatistics ?? (0, 255);
        Layers = new Builder(this, zeroInit).Build();
        register_module("layers", Layers);
    }

    /// <summary>The layers as listed.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>The method.</summary>
    public Method Method { get; }

    /// <summary>Shape of an image.</summary>
    public (int Channels, int Height, int Width) Input { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

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

    /// <summary>The modules, in order.</summary>
    public LayerList Layers { get; }

    /// <summary>Every layer with weights, those inside residual blocks included.</summary>
    public IEnumerable<WeightLayer> WeightLayers => modules().OfType<WeightLayer>();

    /// <summary>Every normalization.</summary>
    public IEnumerable<NormLayer> NormLayers => modules().OfType<NormLayer>();

    /// <summary>Number of trained numbers.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <summary>Number of weights that one bit each stands for.</summary>
    public long BinaryParameterCount => WeightLayers.Where(l => l.IsBinarized).Sum(l => l.Weight.numel());

    /// <summary>Share of the training done, 0 to 1: what tightens with it.</summary>
    public double Progress
    {
        set
        {
            foreach (WeightLayer layer in WeightLayers)
            {
                layer.Progress = value;
            }

            foreach (ActivationLayer layer in modules().OfType<ActivationLayer>())
            {
                layer.Progress = value;
            }
        }
    }

    /// <summary>Multiply-accumulates of one image.</summary>
    public long MultiplyAccumulates { get; private set; }

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

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Layers.forward(x).flatten(1);

    /// <summary>Dense layers give batch x channels; others read batch x channels x 1 x 1.</summary>
    internal static Tensor Spatial(Tensor x) => x.dim() == 2 ? x.unsqueeze(2).unsqueeze(3) : x;

    /// <summary>Modules called one after another.</summary>
    public sealed class LayerList : nn.Module<Tensor, Tensor>
    {
        internal LayerList(IReadOnlyList<nn.Module<Tensor, Tensor>> items)
            : base("layers")
        {
            Items = items;
            for (int i = 0; i < items.Count; i++)
            {
                register_module(i.ToString(System.Globalization.CultureInfo.InvariantCulture), items[i]);
            }
        }

        /// <summary>The modules.</summary>
        public IReadOnlyList<nn.Module<Tensor, Tensor>> Items { get; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor x)
        {
            foreach (nn.Module<Tensor, Tensor> item in Items)
            {
                x = item.forward(x);
            }

            return x;
        }
    }

    /// <summary>Max-pooling, average pooling or multiplication: a layer without state.</summary>
    public sealed class PlainLayer : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Tensor> _forward;

        internal PlainLayer(LayerSpec spec, Func<Tensor, Tensor> forward)
            : base(spec.GetType().Name) => (Spec, _forward) = (spec, forward);

        /// <summary>What it does; sizes and strides of 0 are resolved.</summary>
        public LayerSpec Spec { get; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor x) => _forward(x);
    }

    /// <summary>Multiplication by one learned number.</summary>
    public sealed class LearnedScaleLayer : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter _factor = new(ones(1));

        internal LearnedScaleLayer()
            : base("learnedScale") => register_parameter("factor", _factor);

        /// <inheritdoc/>
        public override Tensor forward(Tensor x) => x * _factor;
    }

    /// <summary>Walks the list once, keeping the shape and the unit of the value between two layers.</summary>
    private sealed class Builder(Network network, bool zeroInit)
    {
        private const long MostWeights = 1 << 30;

        private static readonly Func<double> s_zero = () => 0;

        private bool Binarized => network.Method.Binarizes;

        private bool Integers => Binarized && network.ActivationBits < 32;

        private (int Channels, int Height, int Width) _shape = network.Input;

        // What 1.0 is in the value at hand, in codes: 1 for codes and sums, Unit for signs.
        private double _toCodes = 1;
        private Func<double> _padding = network.Pixels == PixelEncoding.Signs ? () => -1 : s_zero;

        internal LayerList Build()
        {
            LayerList layers = Build(network.Spec.Layers, outermost: true);
            if (_shape != (network.Classes, 1, 1))
            {
                throw Wrong(
                    $"ends with {_shape.Channels} x {_shape.Height} x {_shape.Width} values, but there are {network.Classes} classes; end it with a dense layer that gives no units"
                );
            }

            return layers;
        }

        private LayerList Build(IReadOnlyList<LayerSpec> specs, bool outermost)
        {
            var items = new List<nn.Module<Tensor, Tensor>>();
            for (int i = 0; i < specs.Count; i++)
            {
                items.Add(
                    specs[i] switch
                    {
                        LayerSpec.Dense d => Weights(
                            d.Units == 0 ? network.Classes : d.Units,
                            _shape.Height,
                            _shape.Width,
                            1,
                            0,
                            1,
                            d.Bias,
                            d.Binarize,
                            d.DivideByRootFanIn
                        ),
                        LayerSpec.Conv c => Weights(
                            c.Filters,
                            c.Kernel,
                            c.Kernel,
                            c.Stride,
                            c.Padding,
                            c.Groups,
                            c.Bias,
                            c.Binarize,
                            c.DivideByRootFanIn
                        ),
                        LayerSpec.MaxPool p => Pool(p with { Stride = p.Stride == 0 ? p.Size : p.Stride }),
                        LayerSpec.AveragePool p => Average(p),
                        // The last normalization gives logits, every other one counts in codes.
                        LayerSpec.Norm => Norm(last: outermost && i == specs.Count - 1),
                        LayerSpec.Activation => Activation(),
                        LayerSpec.RPReLU => TwoSlopes(shifts: true),
                        LayerSpec.Maxout => TwoSlopes(shifts: false),
                        LayerSpec.Dropout d when d.Rate is > 0 and < 1 => nn.Dropout(d.Rate),
                        LayerSpec.Scale s => new PlainLayer(s, x => x * s.By),
                        LayerSpec.LearnedScale => new LearnedScaleLayer(),
                        LayerSpec.Residual r => Residual(r),
                        var other => throw Wrong($"cannot hold {other}"),
                    }
                );
            }
            return new LayerList(items);
        }

        private WeightLayer Weights(
            int outputs,
            int kernelHeight,
            int kernelWidth,
            int stride,
            int padding,
            int groups,
            bool bias,
            bool binarize,
            bool divide
        )
        {
            (int channels, int height, int width) = _shape;
            if (
                outputs < 1
                || kernelHeight < 1
                || stride < 1
                || padding < 0
                || groups < 1
                || channels % groups != 0
                || outputs % groups != 0
            )
            {
                throw Wrong(
                    $"has a convolution of {outputs} filters, kernel {kernelHeight}, stride {stride}, padding {padding}, groups {groups} on {channels} channels; sizes must be at least 1 and groups divide both"
                );
            }

            (int, int, int) result = (
                outputs,
                Positions(height, kernelHeight, stride, padding),
                Positions(width, kernelWidth, stride, padding)
            );
            Int128 weights = (Int128)outputs * (channels / groups) * kernelHeight * kernelWidth;
            if (weights > MostWeights)
            {
                throw Wrong($"has a layer of {weights} weights; {MostWeights} are the most");
            }

            WeightBinarizer? binarizer =
                !binarize || !Binarized
                    ? null
                    : network.Method.Weights(
                        network.WeightBits == 32 ? network.Method.WeightBits : network.WeightBits,
                        [outputs, channels / groups, kernelHeight, kernelWidth]
                    );
            var layer = new WeightLayer(
                "weights",
                _shape,
                outputs,
                kernelHeight,
                kernelWidth,
                stride,
                padding,
                groups,
                bias,
                binarizer,
                network.WeightBits == 32,
                divide,
                _padding,
                zeroInit
            );
            _shape = result;
            network.MultiplyAccumulates += layer.Weight.numel() * _shape.Height * _shape.Width;
            (_toCodes, _padding) = (1, s_zero);
            return layer;
        }

        private PlainLayer Pool(LayerSpec.MaxPool p)
        {
            Window(p.Size, p.Stride);
            return new PlainLayer(p, x => nn.functional.max_pool2d(Spatial(x), p.Size, p.Stride));
        }

        private PlainLayer Average(LayerSpec.AveragePool p)
        {
            int size = p.Size == 0 ? _shape.Height : p.Size;
            if (p.Size == 0 && _shape.Height != _shape.Width)
            {
                throw Wrong($"averages a whole input of {_shape.Height} x {_shape.Width}; give its averagePool a size");
            }

            LayerSpec.AveragePool spec = new(size, p.Stride == 0 ? size : p.Stride);
            Window(spec.Size, spec.Stride);
            // Whole numbers stay whole: the sum, whose division the next normalization does.
            long area = (long)size * size,
                divisor = Integers ? 1 : area;
            Func<double> outside = _padding;
            _padding = () => outside() * area / divisor;
            return new PlainLayer(spec, x => nn.functional.avg_pool2d(Spatial(x), size, spec.Stride, divisor_override: divisor));
        }

        private NormLayer Norm(bool last)
        {
            (_toCodes, _padding) = (1, s_zero);
            return new NormLayer("norm", _shape.Channels, Integers && !last ? Unit : 1);
        }

        private ActivationLayer Activation()
        {
            int bits = Binarized ? network.ActivationBits : 32;
            var layer = new ActivationLayer("activation", network.Method, bits, _shape.Channels);
            (_toCodes, _padding) = layer.Binarizer is { } binarizer ? (Unit, () => binarizer.Planes.Low) : (1, s_zero);
            return layer;
        }

        private TwoSlopeLayer TwoSlopes(bool shifts)
        {
            (_toCodes, _padding) = (1, s_zero);
            return new TwoSlopeLayer("twoSlopes", _shape.Channels, Integers ? Unit : 1, shifts);
        }

        private ResidualLayer Residual(LayerSpec.Residual r)
        {
            (int, int, int) before = _shape;
            double shortcut = _toCodes;
            LayerList body = Build(r.Layers, outermost: false);
            if (_shape != before)
            {
                throw Wrong($"has a residual block that turns {before} into {_shape}; its inner layers must keep the shape");
            }

            var layer = new ResidualLayer("residual", body, Integers, shortcut, _toCodes);
            (_toCodes, _padding) = (1, s_zero);
            return layer;
        }

        private void Window(int size, int stride)
        {
            if (size < 1 || stride < 1)
            {
                throw Wrong($"pools windows of {size} with stride {stride}; both must be at least 1");
            }

            _shape = (_shape.Channels, Positions(_shape.Height, size, stride, 0), Positions(_shape.Width, size, stride, 0));
        }

        private int Positions(int side, int kernel, int stride, int padding)
        {
            if (side + 2 * padding < kernel)
            {
                throw Wrong($"has a window of {kernel} on a side of {side}; make it smaller");
            }

            return (side + 2 * padding - kernel) / stride + 1;
        }

        private ExperimentException Wrong(string what) => new($"The network '{network.Spec.Name}' {what}.");
    }
}
