namespace Onebit.Export;

/// <summary>
/// A full-precision network with the shapes of a binarized one, to time it against: its weights are random, and its
/// classes mean nothing. It is what someone without one-bit weights would run: batch normalization folded into weights
/// and bias, ReLU in place of sign and rounding, mean in place of sum, pixels divided by 255. ONNX Runtime, libtorch and
/// plain C# all run these same nodes, so they give the same logits but for rounding.
/// </summary>
public sealed class FloatGraph
{
    internal FloatGraph(Shape input, IReadOnlyList<FloatNode> nodes, int output) =>
        (Values, Nodes, Output) = ([input, .. nodes.Select(n => n.Output)], nodes, output);

    /// <summary>The shape of every value: 0 is the input, <c>i + 1</c> what node <c>i</c> gives.</summary>
    public IReadOnlyList<Shape> Values { get; }

    /// <summary>The nodes in the order they run.</summary>
    public IReadOnlyList<FloatNode> Nodes { get; }

    /// <summary>The value that the graph gives: logits, one a class, or a diffusion model's image.</summary>
    public int Output { get; }

    /// <summary>Elements of the output.</summary>
    public int OutputCount => Values[Output].Count;

    /// <summary>Multiply-accumulates of one image.</summary>
    public long MultiplyAccumulates => Nodes.Sum(n => n.MultiplyAccumulates);

    /// <summary>Every node with weights is dense, and the others are ReLUs.</summary>
    public bool IsDense => Nodes.All(n => n is FloatNode.Linear { IsDense: true } or FloatNode.Relu);

    /// <summary>The graph of a packed model. The same model has the same graph every time.</summary>
    /// <exception cref="InvalidDataException">The model scores its very pixels, or an operation has no float form.</exception>
    public static FloatGraph Of(BitModel model) => new ModelReader(model).Read();

    /// <summary>What operations are in full precision.</summary>
    private sealed class ModelReader(BitModel model)
    {
        private readonly FloatGraphBuilder _graph = new(new Shape(model.Input.Channels, model.Input.Height, model.Input.Width));

        internal FloatGraph Read()
        {
            bool[] read = FindRead();
            int[] values = new int[model.Values.Count];
            for (int i = 0; i < model.Operations.Count; i++)
            {
                values[i + 1] = read[i + 1] ? Add(model.Operations[i], i + 1, values) : -1;
            }

            return _graph.Build(values[^1]);
        }

        private int Add(Operation operation, int value, int[] values) =>
            operation is WeightedSum weighted
                ? Sum([.. Terms(weighted).Select(t => values[t])], model.Values[value].Channels)
                : FloatNode.Append(
                    operation,
                    [.. operation.Inputs.ToArray().Select(v => values[v])],
                    model.Operations.Where(o => o.Inputs.Span.Contains(value)),
                    _graph
                );

        /// <summary>Which values the scores come from; planes that only make up more bits are not among them.</summary>
        private bool[] FindRead()
        {
            bool[] read = new bool[model.Values.Count];
            read[^1] = true;
            for (int i = model.Operations.Count - 1; i >= 0; i--)
            {
                int[] inputs = model.Operations[i] is WeightedSum w ? Terms(w) : model.Operations[i].Inputs.ToArray();
                foreach (int value in read[i + 1] ? inputs : [])
                {
                    read[value] = true;
                }
            }

            return read;
        }

        /// <summary>
        /// What a full-precision network has of a weighted sum: one layer where several planes of weights met several planes of
        /// one activation, and nothing of the sums that all outputs share, which stand for the levels' offsets.
        /// </summary>
        private int[] Terms(WeightedSum weighted)
        {
            int[] inputs = weighted.Inputs.ToArray();
            int channels = weighted.Multipliers.Length / inputs.Length;
            int[] whole = [.. inputs.Where(v => model.Values[v].Channels == channels)];
            return whole.Length == 0
                ? inputs[..1]
                :
                [
                    .. whole.DistinctBy(v =>
                        Source(v) is Linear l ? (Activation(l.Input), l with { Input = 0, Weights = default }) : (v, (Linear?)null)
                    ),
                ];
        }

        private Operation? Source(int value) => value == 0 ? null : model.Operations[value - 1];

        private int Activation(int value) => Source(value) is BitPlane or Threshold ? Activation(Source(value)!.Inputs.Span[0]) : value;

        private int Sum(int[] terms, int channels)
        {
            int sum = terms.Aggregate(_graph.Add),
                own = _graph.Values[sum].Channels;
            return own == channels ? sum : _graph.Linear(sum, channels, 1, 1, 1, 0, own);
        }
    }
}
