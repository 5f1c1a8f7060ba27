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
        bool[] read = Read(model);
        var values = new List<int> { 0 };
        foreach ((Operation operation, int i) in model.Operations.Select((o, i) => (o, i)))
        {
            int x = read[i + 1] ? values[operation.Inputs.Span[0]] : -1;
            values.Add(
                !read[i + 1]
                    ? -1
                    : operation switch
                    {
                        Linear l => twin.Linear(x, l.Outputs, l.KernelHeight, l.KernelWidth, l.Stride, l.Padding, l.Groups),
                        MaxPool p => twin.MaxPool(x, p.Size, p.Stride),
                        SumPool p => twin.AveragePool(x, p.Size, p.Stride),
                        Add a => twin.Add(x, values[a.Other]),
                        WeightedSum c => Sum(Terms(model, c).Select(t => values[t]), model.Values[i + 1].Channels, twin),
                        Threshold or Quantize or PiecewiseLinear or Requantize { OutputBits: 8 } => twin.Relu(x),
                        // The affine of a residual path and that of the scores are folded into the layers before them.
                        Requantize or Scores or BitPlane => x,
                        _ => throw new NotSupportedException($"{operation.GetType().Name} has no float32 twin."),
                    }
            );
        }
        return twin.Build(values[^1]);
    }

    /// <summary>Which values the scores come from; planes that only make up more bits are not among them.</summary>
    private static bool[] Read(BitModel model)
    {
        bool[] read = new bool[model.Values.Count];
        read[^1] = true;
        for (int i = model.Operations.Count - 1; i >= 0; i--)
        {
            int[] inputs = model.Operations[i] switch
            {
                WeightedSum c => Terms(model, c),
                Operation o => o.Inputs.ToArray(),
            };
            foreach (int value in read[i + 1] ? inputs : [])
            {
                read[value] = true;
            }
        }
        return read;
    }

    /// <summary>
    /// What a full-precision network has of a combination: one layer where several planes of weights met several planes of
    /// one activation, and nothing of the sums that all outputs share, which stand for the levels' offsets.
    /// </summary>
    private static int[] Terms(BitModel model, WeightedSum weighted)
    {
        int[] inputs = weighted.Inputs.ToArray();
        int channels = weighted.Multipliers.Length / inputs.Length;
        int[] whole = [.. inputs.Where(v => model.Values[v].Channels == channels)];
        return whole.Length == 0
            ? inputs[..1]
            :
            [
                .. whole.DistinctBy(v =>
                    Made(v) is Linear l ? (Activation(l.Input), l with { Input = 0, Weights = default }) : (v, (Linear?)null)
                ),
            ];

        Operation? Made(int value) => value == 0 ? null : model.Operations[value - 1];

        int Activation(int value) => Made(value) is BitPlane or Threshold ? Activation(Made(value)!.Inputs.Span[0]) : value;
    }

    private static int Sum(IEnumerable<int> terms, int channels, FloatTwinBuilder twin)
    {
        int sum = terms.Aggregate(twin.Add),
            own = twin.Values[sum].Channels;
        return own == channels ? sum : twin.Linear(sum, channels, 1, 1, 1, 0, own);
    }
}
