namespace Onebit.Export;

/// <summary>
/// One node of a <see cref="FloatGraph"/>. Value 0 is the graph's input, value <c>i + 1</c> what node <c>i</c> gives:
/// float32 of shape channels x height x width, channel by channel, row by row.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Output">The shape of what it gives.</param>
public abstract record FloatNode(int Input, Shape Output)
{
    /// <summary>Multiply-accumulates of one image.</summary>
    public virtual long MultiplyAccumulates => 0;

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
    ) : FloatNode(Input, Output)
    {
        /// <inheritdoc/>
        public override long MultiplyAccumulates => (long)Weights.Length * Output.Height * Output.Width;
    }

    /// <summary>The largest value of each window; no padding, incomplete windows are dropped.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Size">Rows and columns of the window.</param>
    /// <param name="Stride">Step, both ways.</param>
    public sealed record MaxPool(int Input, Shape Output, int Size, int Stride) : FloatNode(Input, Output);

    /// <summary>The mean of each window; no padding, incomplete windows are dropped.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Size">Rows and columns of the window.</param>
    /// <param name="Stride">Step, both ways.</param>
    public sealed record AveragePool(int Input, Shape Output, int Size, int Stride) : FloatNode(Input, Output);

    /// <summary>The element-wise sum of two values of one shape.</summary>
    /// <param name="Input">The first value.</param>
    /// <param name="Output">The shape of what it gives.</param>
    /// <param name="Other">The second value.</param>
    public sealed record Add(int Input, Shape Output, int Other) : FloatNode(Input, Output);

    /// <summary>Every element, 0 in place of those below.</summary>
    /// <param name="Input">The value read.</param>
    /// <param name="Output">The shape of what it gives.</param>
    public sealed record Relu(int Input, Shape Output) : FloatNode(Input, Output);
}
