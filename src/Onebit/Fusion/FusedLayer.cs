namespace Onebit;

/// <summary>
/// Consecutive operations that run as one, whatever the target: a value between them is used as it arises and never stored.
/// A layer is a <see cref="FusedLinear"/>, a <see cref="FusedAttention"/> or a single operation.
/// </summary>
public class FusedLayer
{
    internal FusedLayer(int output, params Operation[] operations) => (Output, Operations) = (output, Array.AsReadOnly(operations));

    /// <summary>
    /// The operations in the order they run. The first one reads the layer's inputs, each other one the value before it. The last one of a
    /// <see cref="FusedAttention"/> reads the layer's values too.
    /// </summary>
    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>The index of the first operation in the model.</summary>
    public int First => Output - Operations.Count;

    /// <summary>The index of the value that the last operation gives. The layer stores no other.</summary>
    public int Output { get; }

    /// <summary>The layers of a model in the order they run. Every operation belongs to one of them.</summary>
    /// <param name="operations">The model's operations, see <see cref="BitModel.Operations"/>.</param>
    /// <param name="values">The model's values, see <see cref="BitModel.Values"/>.</param>
    public static IReadOnlyList<FusedLayer> ListOf(IReadOnlyList<Operation> operations, IReadOnlyList<ValueInfo> values)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(values);
        var readers = new int[values.Count];
        foreach (Operation operation in operations)
        {
            foreach (int value in operation.Inputs.Span)
            {
                readers[value]++;
            }
        }

        var layers = new List<FusedLayer>();
        for (int first = 0; first < operations.Count; first = layers[^1].Output)
        {
            if (
                operations[first] is AttentionScores scores
                && Follower(first + 1) is Softmax softmax
                && Follower(first + 2) is { } end
                && HeadsOf(end) == scores.Heads
                && softmax.Heads == scores.Heads
            )
            {
                layers.Add(new FusedAttention(scores, softmax, end, first + 3, values));
                continue;
            }

            if (operations[first] is not Linear linear)
            {
                layers.Add(new FusedLayer(first + 1, operations[first]));
                continue;
            }

            int output = first + 1;
            var pool = Follower(output) as MaxPool;
            output += pool is null ? 0 : 1;
            Operation? epilogue = Follower(output) is { } last and (Threshold or Quantize or Requantize or PiecewiseLinear or Scores)
                ? last
                : null;
            output += epilogue is null ? 0 : 1;
            layers.Add(new FusedLinear(linear, pool, epilogue, output, values));
        }

        return layers;

        static int HeadsOf(Operation end) =>
            end switch
            {
                AttentionSum sum => sum.Heads,
                AttentionMean mean => mean.Heads,
                _ => 0,
            };

        // The operation behind a value where it, and no other, reads the value. Operation i is the one behind value i.
        Operation? Follower(int value) =>
            value < operations.Count && readers[value] == 1 && operations[value].Inputs.Span[0] == value ? operations[value] : null;
    }
}
