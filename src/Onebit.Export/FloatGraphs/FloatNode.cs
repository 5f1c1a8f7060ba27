namespace Onebit.Export;

/// <summary>
/// One node of a <see cref="FloatGraph"/>: its sizes, the operations of a packed model that it stands for, and its ONNX form in float32.
/// Value 0 is the graph's input, value <c>i + 1</c> what node <c>i</c> gives: channels x height x width, channel by channel, row by row.
/// </summary>
/// <param name="Inputs">The values read.</param>
/// <param name="Output">The shape of what it gives.</param>
public abstract record FloatNode(IReadOnlyList<int> Inputs, Shape Output)
{
    /// <summary>The first value read.</summary>
    public int Input => Inputs[0];

    /// <summary>Multiply-accumulates of one image.</summary>
    public virtual long MultiplyAccumulates => 0;

    /// <summary>Appends what an operation is in full precision.</summary>
    /// <param name="operation">Any but <see cref="WeightedSum"/>, which the graph takes apart.</param>
    /// <param name="inputs">The graph's values that it reads.</param>
    /// <param name="readers">The operations that read what it gives.</param>
    /// <param name="graph">Receives the node.</param>
    /// <returns>The graph's value that it gives.</returns>
    /// <exception cref="InvalidDataException">It has no float form.</exception>
    internal static int Append(Operation operation, IReadOnlyList<int> inputs, IEnumerable<Operation> readers, FloatGraphBuilder graph) =>
        operation switch
        {
            Onebit.Linear l => graph.Linear(inputs[0], l.Outputs, l.KernelHeight, l.KernelWidth, l.Stride, l.Padding, l.Groups),
            Onebit.MaxPool p => graph.MaxPool(inputs[0], p.Size, p.Stride),
            SumPool p => graph.AveragePool(inputs[0], p.Size, p.Stride),
            Onebit.Add => graph.Add(inputs[0], inputs[1]),
            Onebit.Concat => graph.Concat(inputs),
            Onebit.Upsample => graph.Upsample(inputs[0]),
            // Codes that only a table reads are no ReLU's: it is the activation.
            Requantize when readers.All(r => r is Lookup) => inputs[0],
            Lookup => graph.Gelu(inputs[0]),
            Onebit.AttentionScores a => graph.AttentionScores(inputs[0], inputs[1], a.Heads),
            Onebit.Softmax s => graph.Softmax(inputs[0], s.Heads),
            Onebit.AttentionSum a => graph.AttentionSum(inputs[0], inputs[1], a.Heads),
            AttentionMean a => graph.AttentionSum(inputs[0], inputs[1], a.Heads),
            Onebit.PositionalEmbedding => graph.PositionalEmbedding(inputs[0]),
            // Queries, keys and values are no ReLU's.
            Threshold
            or Quantize
            or Requantize when readers.All(r => r is Onebit.AttentionScores or Onebit.AttentionSum or AttentionMean) => inputs[0],
            Threshold or Quantize or PiecewiseLinear or Requantize { OutputBits: 8 } => graph.Relu(inputs[0]),
            // The affine of a residual path and that of the scores are folded into the layers before them.
            Requantize or Scores or BitPlane => inputs[0],
            // A diffusion model's graph reads the image alone.
            Slice { Start: 0 } s when s.Shape == graph.Values[inputs[0]] => inputs[0],
            // For one level or class it is a bias of the layer before it.
            AddEmbedding => inputs[0],
            _ => throw new InvalidDataException($"{operation.GetType().Name} has no float form; time a model without it."),
        };

    /// <summary>Appends its ONNX form.</summary>
    /// <param name="values">The model, with the values before this node's.</param>
    internal abstract void Write(OnnxValues values);

    /// <summary>A convolution with bias, padded with 0.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Outputs">Output channels.</param>
    /// <param name="KernelHeight">Rows of the kernel.</param>
    /// <param name="KernelWidth">Columns of the kernel.</param>
    /// <param name="Stride">Step between positions, both ways.</param>
    /// <param name="Padding">Positions added on each of the four sides.</param>
    /// <param name="Groups">Groups of channels.</param>
    /// <param name="IsDense">The kernel covers the whole input, there is one group and no padding: a matrix times a vector.</param>
    /// <param name="Weights">Outputs x (channels / groups) x kernel height x kernel width.</param>
    /// <param name="Bias">One number an output.</param>
    public sealed record Linear(
        int Input,
        Shape Output,
        int Outputs,
        int KernelHeight,
        int KernelWidth,
        int Stride,
        int Padding,
        int Groups,
        bool IsDense,
        ReadOnlyMemory<float> Weights,
        ReadOnlyMemory<float> Bias
    ) : FloatNode([Input], Output)
    {
        /// <summary>Weights of one output.</summary>
        public int FanIn => Weights.Length / Outputs;

        /// <inheritdoc/>
        public override long MultiplyAccumulates => (long)Weights.Length * Output.Height * Output.Width;

        /// <summary>Channels of what it reads, in one group.</summary>
        internal int GroupChannels => FanIn / (KernelHeight * KernelWidth);

        internal override void Write(OnnxValues values)
        {
            string bias = values.Model.Constant([Outputs], Bias.Span);
            if (IsDense)
            {
                string weights = values.Model.Constant([Outputs, FanIn], Weights.Span);
                values.Add(values.Model.Node("Gemm", [values.Flat(Input), weights, bias], [("transB", 1)]), isFlat: true);
            }
            else
            {
                string weights = values.Model.Constant([Outputs, GroupChannels, KernelHeight, KernelWidth], Weights.Span);
                values.Add(values.Model.Node("Conv", [values.Spatial(Input), weights, bias], OnnxAttributes.Of(this)));
            }
        }
    }

    /// <summary>The largest value of each window; no padding, incomplete windows are dropped.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Size">Rows and columns of the window.</param>
    /// <param name="Stride">Step, both ways.</param>
    public sealed record MaxPool(int Input, Shape Output, int Size, int Stride) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values) =>
            values.Add(values.Model.Node("MaxPool", [values.Spatial(Input)], OnnxAttributes.Pool(Size, Stride)));
    }

    /// <summary>The mean of each window; no padding, incomplete windows are dropped.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Size">Rows and columns of the window.</param>
    /// <param name="Stride">Step, both ways.</param>
    public sealed record AveragePool(int Input, Shape Output, int Size, int Stride) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values) =>
            values.Add(values.Model.Node("AveragePool", [values.Spatial(Input)], OnnxAttributes.Pool(Size, Stride)));
    }

    /// <summary>The element-wise sum of two values of one shape.</summary>
    /// <param name="Input">The first value.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Other">The second value.</param>
    public sealed record Add(int Input, Shape Output, int Other) : FloatNode([Input, Other], Output)
    {
        internal override void Write(OnnxValues values)
        {
            (string[] names, bool flat) = values.Alike(Inputs);
            values.Add(values.Model.Node("Add", names), flat);
        }
    }

    /// <summary>The channels of several values one after another.</summary>
    /// <param name="Inputs">The values read, of one height and width.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record Concat(IReadOnlyList<int> Inputs, Shape Output) : FloatNode(Inputs, Output)
    {
        internal override void Write(OnnxValues values) =>
            values.Add(values.Model.Node("Concat", [.. Inputs.Select(values.Spatial)], [("axis", 1)]));
    }

    /// <summary>Twice as many rows and columns, each element four times.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record Upsample(int Input, Shape Output) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values) =>
            values.Add(
                values.Model.Node(
                    "Resize",
                    [values.Spatial(Input), "", values.Model.Constant<float>([4], [1, 1, 2, 2])],
                    [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")]
                )
            );
    }

    /// <summary>Every element times the normal distribution's cumulative function of it (Hendrycks &amp; Gimpel 2016).</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record Gelu(int Input, Shape Output) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values)
        {
            (string[] names, bool flat) = values.Alike(Inputs);
            values.Add(values.Model.Node("Gelu", names, domain: OnnxGraph.Microsoft), flat);
        }
    }

    /// <summary>Layer normalization over the channels of each position.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record LayerNorm(int Input, Shape Output) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values)
        {
            OnnxGraph onnx = values.Model;
            string last = onnx.Transpose(values.Spatial(Input), 0, 2, 3, 1);
            string gamma = onnx.Constant<float>([Output.Channels], [.. Enumerable.Repeat(1f, Output.Channels)]),
                beta = onnx.Constant<float>([Output.Channels], new float[Output.Channels]);
            string normalized = onnx.Node("LayerNormalization", [last, gamma, beta], [("axis", -1)]);
            values.Add(onnx.Transpose(normalized, 0, 3, 1, 2));
        }
    }

    /// <summary>Adds a number to each element.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Numbers">As many as elements.</param>
    public sealed record PositionalEmbedding(int Input, Shape Output, ReadOnlyMemory<float> Numbers) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values)
        {
            string numbers = values.Model.Constant([1, Output.Channels, Output.Height, Output.Width], Numbers.Span);
            values.Add(values.Model.Node("Add", [values.Spatial(Input), numbers]));
        }
    }

    /// <summary>Queries times keys, head by head: heads x keys, height and width of the queries.</summary>
    /// <param name="Query">The value that holds the queries.</param>
    /// <param name="Key">The value that holds the keys.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Heads">Number of heads.</param>
    /// <param name="Depth">Channels of a head.</param>
    public sealed record AttentionScores(int Query, int Key, Shape Output, int Heads, int Depth) : FloatNode([Query, Key], Output)
    {
        /// <inheritdoc/>
        public override long MultiplyAccumulates => (long)Output.Count * Depth;

        internal override void Write(OnnxValues values)
        {
            string keys = values.Model.Transpose(values.ByHead(Key, Heads, Depth), 0, 1, 3, 2);
            values.Add(values.FromHeads(values.Model.Node("MatMul", [keys, values.ByHead(Query, Heads, Depth)]), Output));
        }
    }

    /// <summary>The softmax of scores over the keys of each head.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Heads">Number of heads.</param>
    public sealed record Softmax(int Input, Shape Output, int Heads) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values)
        {
            string scores = values.ByHead(Input, Heads, Output.Channels / Heads);
            values.Add(values.FromHeads(values.Model.Node("Softmax", [scores], [("axis", 2)]), Output));
        }
    }

    /// <summary>Values times probabilities, head by head.</summary>
    /// <param name="Probabilities">The value that holds the probabilities, heads x keys, height and width of the queries.</param>
    /// <param name="Values">The value that holds the values.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Heads">Number of heads.</param>
    /// <param name="Keys">Number of keys.</param>
    public sealed record AttentionSum(int Probabilities, int Values, Shape Output, int Heads, int Keys)
        : FloatNode([Probabilities, Values], Output)
    {
        /// <inheritdoc/>
        public override long MultiplyAccumulates => (long)Output.Count * Keys;

        internal override void Write(OnnxValues values)
        {
            string[] factors = [values.ByHead(Values, Heads, Output.Channels / Heads), values.ByHead(Probabilities, Heads, Keys)];
            values.Add(values.FromHeads(values.Model.Node("MatMul", factors), Output));
        }
    }

    /// <summary>Every element, 0 in place of those below.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record Relu(int Input, Shape Output) : FloatNode([Input], Output)
    {
        internal override void Write(OnnxValues values)
        {
            (string[] names, bool flat) = values.Alike(Inputs);
            values.Add(values.Model.Node("Relu", names), flat);
        }
    }
}
