namespace Onebit;

/// <summary>
/// What the fast kernels run as one step: a <see cref="Linear"/> operation, the <see cref="MaxPool"/> behind it where
/// nothing else reads the sums between them, and the operation that ends the layer.
/// </summary>
/// <param name="linear">The weights.</param>
/// <param name="pool">The pooling, or null.</param>
/// <param name="ending">
/// <see cref="Threshold"/>, <see cref="Requantize"/> or <see cref="Scores"/>; null: the sums themselves are the stage's output.
/// </param>
/// <param name="input">Index of the value read.</param>
/// <param name="output">Index of the value produced.</param>
/// <param name="values">Shape, kind and range of all values.</param>
internal sealed class Stage(Linear linear, MaxPool? pool, Operation? ending, int input, int output, ValueInfo[] values)
{
    /// <summary>The weights.</summary>
    public readonly Linear Linear = linear;

    /// <summary>The pooling, or null.</summary>
    public readonly MaxPool? Pool = pool;

    /// <summary>What ends the layer, or null.</summary>
    public readonly Operation? Ending = ending;

    /// <summary>Index of the value read.</summary>
    public readonly int Input = input;

    /// <summary>Index of the value produced.</summary>
    public readonly int Output = output;

    /// <summary>All values of the model.</summary>
    public readonly ValueInfo[] Values = values;

    /// <summary>What is read.</summary>
    public ValueInfo Source => Values[Input];

    /// <summary>What the layer gives.</summary>
    public ValueInfo Result => Values[Output];

    /// <summary>Inputs of an output.</summary>
    public int FanIn => Source.Channels / Linear.Groups * Linear.KernelHeight * Linear.KernelWidth;

    /// <summary>The kernel covers the whole input: a dense layer.</summary>
    public bool IsDense =>
        Linear is { Padding: 0, Groups: 1 } && Linear.KernelHeight == Source.Height && Linear.KernelWidth == Source.Width;

    /// <summary>Too many weights to list or transpose them while a model is loaded: a file from a stranger may hold a billion.</summary>
    public bool IsLarge => (long)Linear.Outputs * FanIn > 1 << 26;

    /// <summary>The sums of the codes at any output fit into 16 bits, with a sign.</summary>
    public bool SumsFit16Bits => (long)FanIn * Source.Maximum <= short.MaxValue;

    /// <summary>
    /// For each output the smallest integer t with <c>w . x >= threshold</c> exactly where <c>2 positive - total >= t</c>;
    /// none where the stage does not end in a threshold. With signs, held as bits b,
    /// <c>w . x = sum of w (2b - 1) = 2 (2 positive - total) - (sum of w)</c>.
    /// </summary>
    /// <param name="weightSums">The sum of the weights of each output.</param>
    public int[] Thresholds(int[] weightSums) =>
        Ending is not Threshold threshold ? []
        : Source.Kind != ElementKind.Signs ? threshold.Thresholds.ToArray()
        : [.. weightSums.Select((sum, output) => (int)(((long)threshold.Thresholds.Span[output] + sum + 1) >> 1))];

    /// <summary>The same with the outputs of another layer behind its own; both have whole bytes of weights.</summary>
    public Stage Joined(Linear other) =>
        new(
            Linear with
            {
                Outputs = Linear.Outputs + other.Outputs,
                Weights = (byte[])[.. Linear.Weights.Span, .. other.Weights.Span],
            },
            Pool,
            Ending,
            Input,
            Output,
            Values
        );

    /// <summary>The same without its ending, which becomes a step of its own.</summary>
    public Stage WithoutEnding() => new(Linear, Pool, null, Input, Output - 1, Values);

    /// <summary>
    /// The stage that begins at an operation, and how many operations it takes; none where the operation is no <see cref="Linear"/>.
    /// </summary>
    public static (Stage? Stage, int Operations) At(Operation[] operations, ValueInfo[] values, int first)
    {
        if (operations[first] is not Linear linear)
        {
            return (null, 1);
        }

        int next = first + 1;
        MaxPool? pool = null;
        Operation? ending = null;
        if (ReadOnlyByNext(next) && operations[next] is MaxPool follower)
        {
            pool = follower;
            next++;
        }

        if (ReadOnlyByNext(next) && operations[next] is Threshold or Requantize or Scores)
        {
            ending = operations[next];
            next++;
        }

        return (new Stage(linear, pool, ending, linear.Input, next, values), next - first);

        // Value i is operation i - 1's.
        bool ReadOnlyByNext(int value) =>
            value < operations.Length
            && operations[value].Inputs.Span[0] == value
            && operations.Skip(value).Count(o => o.Inputs.Span.Contains(value)) == 1;
    }
}
