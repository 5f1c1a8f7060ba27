using Onebit.Export;

namespace Onebit.Training;

/// <summary>
/// Reads QONNX files (Pappalardo et al. 2022), as Brevitas writes them: dense layers and convolutions whose weights and activations have
/// one or two bits, batch normalization and max-pooling. The network reads pixels of 0 to 1 and gives one number per class.
/// </summary>
public sealed partial class QonnxImporter
{
    private const double PixelRange = 255;
    private const int MaxShift = 62;

    private readonly OnnxFile _file;
    private readonly ModelBuilder _model;
    private readonly Dictionary<string, OnnxValue> _values = [];
    private bool _awaitsBits; // The model's input is what its first quantization gives.

    /// <param name="file">The file.</param>
    /// <param name="pixelThreshold">From which pixel on a pixel is 1, where nothing else reads the pixels; 0: they have 8 bits.</param>
    private QonnxImporter(OnnxFile file, byte pixelThreshold)
    {
        _file = file;
        _awaitsBits = pixelThreshold > 0;
        foreach ((string name, OnnxTensor constant) in file.Constants)
        {
            _values[name] = constant;
        }

        (string Name, long[] Dimensions)[] inputs = [.. file.Inputs.Where(i => !file.Constants.ContainsKey(i.Name))];
        if (inputs.Length != 1 || file.Outputs.Count == 0)
        {
            throw new InvalidDataException($"A network has one input and an output, not {inputs.Length} and {file.Outputs.Count}.");
        }

        (string input, long[] dimensions) = inputs[0];
        bool isFlat = dimensions.Length == 2;
        long[] shape = isFlat ? Square(dimensions[1]) : dimensions;
        if (shape.Length != 4 || shape[1..].Any(d => d is < 1 or > ModelLimits.MaxValueElements))
        {
            throw new InvalidDataException("The input must be images x channels x height x width, or images x pixels.");
        }

        var read = new ModelInput((int)shape[1], (int)shape[2], (int)shape[3], pixelThreshold > 0 ? 1 : 8, pixelThreshold);
        _model = new ModelBuilder(read);
        _values[input] = New(0, new Affine(1 / PixelRange, 0, 0), isFlat);
    }

    /// <summary>Reads a network.</summary>
    /// <param name="bytes">The content of the ONNX file.</param>
    /// <exception cref="InvalidDataException">It is damaged, or holds what a packed model cannot; the message names the node.</exception>
    public static BitModel Read(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        OnnxFile file = OnnxFile.Read(bytes);
        try
        {
            BitModel model = new QonnxImporter(file, 0).Build();
            if (PixelThreshold(model) is > 0 and byte threshold)
            {
                model = new QonnxImporter(file, threshold).Build();
            }

            // A model beyond the budget of its file is one that no command would load.
            return BitModel.Read(model.ToBytes());
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException("The numbers that the network gives are too large for a packed model.", e);
        }
    }

    /// <summary>The one threshold that makes bits of all pixels, where nothing else reads them; else 0.</summary>
    private static byte PixelThreshold(BitModel model) =>
        model.Operations[0] is Quantize { Input: 0, Bits: 1 } first
        && !first.Flipped.Span.Contains(true)
        && model.Operations.Skip(1).All(o => !o.Inputs.Span.Contains(0))
        && first.Thresholds.Span is var all
        && !all.ContainsAnyExcept(all[0])
        && all[0] is >= 1 and <= byte.MaxValue
            ? (byte)all[0]
            : (byte)0;

    private static long[] Square(long pixels)
    {
        long side = (long)Math.Round(Math.Sqrt(Math.Max(0, pixels)));
        return side * side == pixels ? [1, 1, side, side] : [1, 1, 1, pixels];
    }

    private BitModel Build()
    {
        foreach (OnnxNode node in _file.Nodes)
        {
            try
            {
                OnnxValue result = Run(node);
                _values[node.Outputs.Count > 0 ? node.Outputs[0] : throw Refusal("it has no output")] = result;
            }
            catch (Exception e) when (e is InvalidDataException or OverflowException)
            {
                string name = VisibleText.Of(node.Name.Length > 0 ? node.Name : string.Join(", ", node.Outputs));
                string reason = e is OverflowException ? "its numbers are too large" : e.Message.TrimEnd('.');
                throw new InvalidDataException($"Node '{name}' ({VisibleText.Of(node.Operation)}): {reason}.", e);
            }
        }

        if (!_values.TryGetValue(_file.Outputs[0], out OnnxValue? last) || last is not ImportedValue { IsRectified: false } logits)
        {
            throw new InvalidDataException("No node gives the network's output.");
        }

        if (logits.Info.Area != 1)
        {
            throw new InvalidDataException($"The network must give one number per class, not {logits.Info.Channels} x {logits.Info.Area}.");
        }

        (int[] multipliers, long[] offsets, int shift) = Exactly(logits.Affines) ?? Affine.ToFixedPoint(logits.Affines, round: false);
        _model.Append(new Scores(logits.Index, multipliers, offsets, shift));
        string[]? names = _file.Metadata.TryGetValue(OnnxExporter.ClassNames, out string? lines) ? lines.Split('\n') : null;
        ImagePreparation preparation =
            Enum.TryParse(_file.Metadata.GetValueOrDefault(OnnxExporter.Preparation), out ImagePreparation said) && Enum.IsDefined(said)
                ? said
                : ImagePreparation.Unknown;
        return _model.Build(names).WithPreparation(preparation);
    }

    /// <summary>Exactly, with the smallest shift, where that is possible.</summary>
    private static (int[] Multipliers, long[] Offsets, int Shift)? Exactly(Affine[] affines)
    {
        for (int shift = 0; shift <= MaxShift; shift++)
        {
            double one = Math.ScaleB(1, shift);
            if (
                affines.All(a =>
                    IsMultiplier(a.Factor * one) && a.At(0) * one is var b && b == Math.Round(b) && Math.Abs(b) < 1L << MaxShift
                )
            )
            {
                return ([.. affines.Select(a => (int)Math.Round(a.Factor * one))], [.. affines.Select(a => (long)(a.At(0) * one))], shift);
            }
        }

        return null;
    }

    /// <summary>A whole number. A mean over 49 elements times 49 is one, but misses it by the last bit.</summary>
    private static bool IsMultiplier(double number) =>
        number is >= int.MinValue and <= int.MaxValue && Math.Abs(number - Math.Round(number)) <= Math.Abs(number) * 1e-15;

    private static InvalidDataException Refusal(string reason) => new(reason);

    private ImportedValue New(int index, Affine affine, bool isFlat) => New(index, affine.Repeat(_model.Values[index].Channels), isFlat);

    private ImportedValue New(int index, Affine[] affines, bool isFlat) => new(index, _model.Values[index], affines, isFlat);

    private OnnxValue Run(OnnxNode node) =>
        node.Operation switch
        {
            "Identity" or "Dropout" => Input(node, 0),
            "Constant" => node.Attributes.TryGetValue("value", out object? value) && value is OnnxTensor constant
                ? constant
                : throw Refusal("it holds no tensor"),
            "Shape" => ShapeOf(node),
            "Gather" or "Unsqueeze" or "Squeeze" or "Cast" when Input(node, 0) is OnnxTensor tensor => node.Operation == "Gather"
                ? Gathered(node, tensor)
                : tensor,
            "Concat" => Joined(node),
            "Reshape" or "Flatten" => Input(node, 0) is ImportedValue flattened ? Flattened(node, flattened) : Input(node, 0),
            "Transpose" => Transposed(node, Constant(node, 0)),
            "Add" or "Sub" or "Mul" or "Div" or "Pow" => Arithmetic(node),
            "BatchNormalization" => Normalized(node),
            "Relu" => Value(node, 0) with { IsRectified = true },
            "Pad" => Padded(node),
            "MaxPool" => Pooled(node),
            "AveragePool" or "GlobalAveragePool" => Averaged(node),
            "MatMul" or "Gemm" => Dense(node),
            "Conv" => Convolution(node),
            "BipolarQuant" => Input(node, 0) is OnnxTensor weights ? Signs(node, weights) : Thresholded(node, Value(node, 0)),
            "Quant" => Input(node, 0) is OnnxTensor weights ? Levels(node, weights) : Quantized(node, Value(node, 0)),
            _ => throw Refusal("a packed model cannot hold this operation"),
        };

    private OnnxValue Input(OnnxNode node, int input) =>
        input < node.Inputs.Count && _values.TryGetValue(node.Inputs[input], out OnnxValue? value)
            ? value
            : throw Refusal($"its input {input} comes from no node before it");

    private OnnxTensor Constant(OnnxNode node, int input) =>
        Input(node, input) as OnnxTensor ?? throw Refusal($"its input {input} must be a constant");

    private ImportedValue Value(OnnxNode node, int input) =>
        Input(node, input) as ImportedValue ?? throw Refusal($"its input {input} must not be a constant");

    private double Number(OnnxNode node, int input) =>
        Constant(node, input).Values is [double number] ? number : throw Refusal($"its input {input} must be one number");

    /// <summary>A value whose affine is all that is known of it, for arithmetic.</summary>
    private static ImportedValue Plain(ImportedValue value) =>
        value is { IsRectified: false, Padding: 0 }
            ? value
            : throw Refusal("a ReLU or padding must be followed by a quantization or a layer");

    private static long Attribute(OnnxNode node, string name, long standard) =>
        node.Attributes.TryGetValue(name, out object? value)
            ? value as long? ?? throw Refusal($"'{name}' must be a whole number")
            : standard;

    private static long[] Attributes(OnnxNode node, string name, params long[] standard) =>
        node.Attributes.TryGetValue(name, out object? value)
            ? value as long[] ?? throw Refusal($"'{name}' must be whole numbers")
            : standard;
}
