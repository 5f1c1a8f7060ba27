namespace Onebit.Export;

/// <summary>The QONNX nodes of a packed model. Each value holds the packed model's integers as float32.</summary>
internal sealed partial class QonnxGraph
{
    private const string Domain = "qonnx.custom_op.general";
    private const string Output = "logits";
    private const float PixelRange = 255;

    private readonly OnnxGraph _onnx = new();
    private readonly BitModel _model;
    private readonly List<QonnxValue> _values = [];

    /// <summary>A graph that reads the pixels of a model.</summary>
    internal QonnxGraph(BitModel model)
    {
        _model = model;
        ModelInput input = model.Input;
        string pixels = _onnx.Node("Mul", [OnnxExporter.Input, _onnx.Constant(PixelRange)]);
        if (input.Bits == 1)
        {
            // 1 at the threshold and 0 below it, and what lies beyond is clamped.
            pixels = _onnx.Node("Add", [pixels, _onnx.Constant(1f - input.PixelThreshold)]);
        }

        _values.Add(new QonnxValue(Quant(pixels, input.Bits, isSigned: false, "ROUND"), IsFlat: false));
    }

    /// <summary>Adds the value that the next operation gives.</summary>
    internal void Add(QonnxValue value) => _values.Add(value);

    /// <summary>A value that no node reads.</summary>
    internal static QonnxValue Nothing() => new("", IsFlat: false);

    /// <summary>What is thrown where QONNX cannot say an operation.</summary>
    internal static InvalidDataException Refusal(Operation operation, string reason) =>
        new($"QONNX cannot hold the operation {operation.Label} of the model: {reason}.");

    /// <summary>The file.</summary>
    internal byte[] ToModel()
    {
        _onnx.Output<float>(Output, _model.ClassCount);
        return _onnx.ToModel<float>(OnnxExporter.Input, _model.Input.Shape, "onebit", metadata: OnnxExporter.Metadata(_model));
    }

    /// <summary>A layer with weights: a matrix product where it covers all that it reads, else a convolution.</summary>
    internal QonnxValue Layer(Linear layer, QonnxWeights weights)
    {
        QonnxValue x = _values[layer.Input];
        ValueInfo info = _model.Values[layer.Input];
        bool isDense = layer is { Groups: 1, Padding: 0 } && (layer.KernelHeight, layer.KernelWidth) == (info.Height, info.Width);
        int channels = info.Channels / layer.Groups,
            fanIn = channels * layer.KernelHeight * layer.KernelWidth;
        if (isDense)
        {
            string matrix = Weights(weights, [layer.Outputs, fanIn]);
            return new QonnxValue(_onnx.Node("MatMul", [Flat(x), _onnx.Transpose(matrix, 1, 0)]), IsFlat: true);
        }

        if (x.IsFlat)
        {
            throw Refusal(layer, "it has groups or padding behind a dense layer");
        }

        string input = x.Name;
        int padding = layer.Padding;
        if (padding > 0 && info.Kind == ElementKind.Signs)
        {
            long[] sides = [0, 0, padding, padding, 0, 0, padding, padding];
            input = _onnx.Node("Pad", [input, _onnx.Constant<long>([8], sides), _onnx.Constant(-1f)]);
            padding = 0;
        }

        string kernel = Weights(weights, [layer.Outputs, channels, layer.KernelHeight, layer.KernelWidth]);
        (string, object)[] attributes =
        [
            ("kernel_shape", new[] { layer.KernelHeight, layer.KernelWidth }),
            ("strides", new[] { layer.Stride, layer.Stride }),
            ("pads", new[] { padding, padding, padding, padding }),
            ("group", layer.Groups),
        ];
        return new QonnxValue(_onnx.Node("Conv", [input, kernel], attributes), IsFlat: false);
    }

    /// <summary>A sum of values, each with a multiplier per channel.</summary>
    internal QonnxValue Sum(Operation sum, ReadOnlyMemory<int> multipliers)
    {
        int[] terms = sum.Inputs.ToArray();
        int channels = multipliers.Length / terms.Length;
        if (terms.Any(t => _model.Values[t].Channels != channels))
        {
            throw Refusal(sum, "its terms have different numbers of channels");
        }

        bool isFlat = terms.Any(t => _values[t].IsFlat);
        string? all = null;
        for (int t = 0; t < terms.Length; t++)
        {
            double[] factors = Array.ConvertAll(multipliers.Slice(t * channels, channels).ToArray(), m => (double)m);
            string term = Affine(sum, isFlat ? Flat(_values[terms[t]]) : _values[terms[t]].Name, isFlat, factors, new long[channels], 0);
            all = all is null ? term : _onnx.Node("Add", [all, term]);
        }

        return new QonnxValue(all!, isFlat);
    }

    /// <summary>Pooling of a value.</summary>
    internal QonnxValue Pool(string node, UnaryOperation pool, int size, int stride)
    {
        QonnxValue x = _values[pool.Input];
        // A dense layer gives one position.
        return x.IsFlat ? x : new QonnxValue(_onnx.Node(node, [x.Name], OnnxAttributes.Pool(size, stride)), IsFlat: false);
    }

    /// <summary>A value times a number.</summary>
    internal QonnxValue Scaled(QonnxValue value, int factor) =>
        factor == 1 ? value : value with { Name = _onnx.Node("Mul", [value.Name, _onnx.Constant((float)factor)]) };

    private string Weights(QonnxWeights weights, int[] shape)
    {
        if (weights.IsOneBit)
        {
            return _onnx.Node("BipolarQuant", [_onnx.Constant<float>(shape, weights.Codes), _onnx.Constant(1f)], domain: Domain);
        }

        string values = _onnx.Constant<float>(shape, Array.ConvertAll(weights.Codes, c => c * QonnxWeights.TwoBitScale));
        return Quant(values, 2, isSigned: true, "ROUND", QonnxWeights.TwoBitScale);
    }

    private string Flat(QonnxValue value) => value.IsFlat ? value.Name : _onnx.Node("Flatten", [value.Name]);

    private string Quant(string input, int bits, bool isSigned, string rounding, float scale = 1)
    {
        string[] inputs = [input, _onnx.Constant(scale), _onnx.Constant(0f), _onnx.Constant((float)bits)];
        return _onnx.Node("Quant", inputs, [("signed", isSigned ? 1 : 0), ("narrow", 0), ("rounding_mode", rounding)], Domain);
    }
}

/// <summary>A value of the graph.</summary>
/// <param name="Name">The output of its node.</param>
/// <param name="IsFlat">It is images x channels, without height and width.</param>
internal sealed record QonnxValue(string Name, bool IsFlat);
