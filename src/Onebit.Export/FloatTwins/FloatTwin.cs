namespace Onebit.Export;

/// <summary>
/// A full-precision network with the shapes of a binarized one, to time it against: its weights are random, and its
/// classes mean nothing. It is what someone without one-bit weights would run: batch normalization folded into weights
/// and bias, ReLU in place of sign and rounding, mean in place of sum, pixels divided by 255. ONNX Runtime, libtorch and
/// plain C# all run this same list, so they give the same logits but for rounding.
/// </summary>
public sealed class FloatTwin
{
    internal FloatTwin(IReadOnlyList<FloatShape> values, IReadOnlyList<FloatLayer> layers, int logits) =>
        (Values, Layers, Logits) = (values, layers, logits);

    /// <summary>The shape of every value: 0 is the input, <c>i + 1</c> what layer <c>i</c> gives.</summary>
    public IReadOnlyList<FloatShape> Values { get; }

    /// <summary>The layers in the order they run.</summary>
    public IReadOnlyList<FloatLayer> Layers { get; }

    /// <summary>The value that holds the logits, one a class.</summary>
    public int Logits { get; }

    /// <summary>Number of logits.</summary>
    public int ClassCount => Values[Logits].Count;

    /// <summary>Every layer with weights is dense.</summary>
    public bool IsDense => Layers.All(l => l is FloatLayer.Linear { IsDense: true } or FloatLayer.Relu);

    /// <summary>The twin of a packed model. The same model has the same twin every time.</summary>
    /// <exception cref="InvalidDataException">The model scores its very pixels.</exception>
    public static FloatTwin Of(BitModel model)
    {
        ModelInput input = model.Input;
        var twin = new FloatTwinBuilder(new FloatShape(input.Channels, input.Height, input.Width));
        var values = new List<int> { 0 };
        foreach (Operation operation in model.Operations)
        {
            int x = values[operation.Input];
            values.Add(operation switch
            {
                Linear l => twin.Linear(x, l.Outputs, l.KernelHeight, l.KernelWidth, l.Stride, l.Padding, l.Groups),
                MaxPool p => twin.MaxPool(x, p.Size, p.Stride),
                SumPool p => twin.AveragePool(x, p.Size, p.Stride),
                Add a => twin.Add(x, values[a.Other]),
                Threshold or Requantize { OutputBits: 8 } => twin.Relu(x),
                // The affine of a residual path and that of the scores are folded into the layers before them.
                Requantize or Scores => x,
                _ => throw new NotSupportedException($"{operation.GetType().Name} has no float32 twin."),
            });
        }
        return twin.Build(values[^1]);
    }
}
