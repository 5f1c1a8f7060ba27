namespace Onebit.Export;

/// <summary>Collects the nodes of a <see cref="FloatGraph"/> one by one, with random weights, and tells what shape each gives.</summary>
/// <param name="input">The shape of an image.</param>
public sealed class FloatGraphBuilder(Shape input)
{
    private readonly List<Shape> _values = [input];
    private readonly List<FloatNode> _nodes = [];
    private readonly Random _random = new(1);

    /// <summary>Value 0, the input, and the value of each node so far.</summary>
    public IReadOnlyList<Shape> Values => _values;

    /// <summary>Adds a convolution or, where the kernel covers its input, a dense layer.</summary>
    /// <returns>The index of its value.</returns>
    public int Linear(int value, int outputs, int kernelHeight, int kernelWidth, int stride, int padding, int groups)
    {
        Shape x = _values[value];
        int fanIn = x.Channels / groups * kernelHeight * kernelWidth;
        // He's bound: with ReLU in between, values keep their size through any number of layers.
        float bound = MathF.Sqrt(6f / fanIn);
        bool dense = groups == 1 && padding == 0 && (kernelHeight, kernelWidth) == (x.Height, x.Width);
        return Append(
            new FloatNode.Linear(
                value,
                new Shape(
                    outputs,
                    (x.Height + 2 * padding - kernelHeight) / stride + 1,
                    (x.Width + 2 * padding - kernelWidth) / stride + 1
                ),
                outputs,
                kernelHeight,
                kernelWidth,
                stride,
                padding,
                groups,
                dense,
                Uniform(outputs * fanIn, bound),
                Uniform(outputs, 0.1f)
            )
        );
    }

    /// <summary>Adds max-pooling.</summary>
    /// <returns>The index of its value.</returns>
    public int MaxPool(int value, int size, int stride) => Append(new FloatNode.MaxPool(value, Pooled(value, size, stride), size, stride));

    /// <summary>Adds average pooling.</summary>
    /// <returns>The index of its value.</returns>
    public int AveragePool(int value, int size, int stride) =>
        Append(new FloatNode.AveragePool(value, Pooled(value, size, stride), size, stride));

    /// <summary>Adds a sum of two values.</summary>
    /// <returns>The index of its value.</returns>
    public int Add(int value, int other) => Append(new FloatNode.Add(value, _values[value], other));

    /// <summary>Adds a concatenation of channels.</summary>
    /// <returns>The index of its value.</returns>
    public int Concat(IReadOnlyList<int> values) =>
        Append(new FloatNode.Concat(values, _values[values[0]] with { Channels = values.Sum(v => _values[v].Channels) }));

    /// <summary>Adds nearest-neighbor up-sampling by a factor of 2.</summary>
    /// <returns>The index of its value.</returns>
    public int Upsample(int value)
    {
        Shape x = _values[value];
        return Append(new FloatNode.Upsample(value, x with { Height = 2 * x.Height, Width = 2 * x.Width }));
    }

    /// <summary>Adds a GELU.</summary>
    /// <returns>The index of its value.</returns>
    public int Gelu(int value) => Append(new FloatNode.Gelu(value, _values[value]));

    /// <summary>Adds layer normalization over the channels.</summary>
    /// <returns>The index of its value.</returns>
    public int LayerNorm(int value) => Append(new FloatNode.LayerNorm(value, _values[value]));

    /// <summary>Adds a number to each element.</summary>
    /// <returns>The index of its value.</returns>
    public int PositionalEmbedding(int value) =>
        Append(new FloatNode.PositionalEmbedding(value, _values[value], Uniform(_values[value].Count, 0.1f)));

    /// <summary>Adds the scores of attention.</summary>
    /// <returns>The index of its value.</returns>
    public int AttentionScores(int query, int key, int heads)
    {
        (Shape q, Shape k) = (_values[query], _values[key]);
        var scores = q with { Channels = heads * k.Height * k.Width };
        return Append(new FloatNode.AttentionScores(query, key, scores, heads, q.Channels / heads));
    }

    /// <summary>Adds the softmax of attention.</summary>
    /// <returns>The index of its value.</returns>
    public int Softmax(int value, int heads) => Append(new FloatNode.Softmax(value, _values[value], heads));

    /// <summary>Adds the weighted sum of attention's values.</summary>
    /// <returns>The index of its value.</returns>
    public int AttentionSum(int probabilities, int values, int heads)
    {
        (Shape p, Shape v) = (_values[probabilities], _values[values]);
        return Append(new FloatNode.AttentionSum(probabilities, values, p with { Channels = v.Channels }, heads, v.Height * v.Width));
    }

    /// <summary>Adds a ReLU.</summary>
    /// <returns>The index of its value.</returns>
    public int Relu(int value) => Append(new FloatNode.Relu(value, _values[value]));

    /// <summary>Adds any node.</summary>
    /// <returns>The index of its value.</returns>
    public int Append(FloatNode node)
    {
        _nodes.Add(node);
        _values.Add(node.Output);
        return _nodes.Count;
    }

    /// <summary>The graph.</summary>
    /// <param name="output">The value that it gives.</param>
    /// <exception cref="InvalidDataException">It is the input.</exception>
    public FloatGraph Build(int output) =>
        output > 0
            ? new FloatGraph(_values[0], [.. _nodes], output)
            : throw new InvalidDataException("A network without layers has no float graph; give it a layer.");

    private Shape Pooled(int value, int size, int stride)
    {
        Shape x = _values[value];
        return x with { Height = (x.Height - size) / stride + 1, Width = (x.Width - size) / stride + 1 };
    }

    private float[] Uniform(int count, float bound)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (2 * _random.NextSingle() - 1) * bound;
        }

        return values;
    }
}
