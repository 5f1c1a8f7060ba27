namespace Onebit;

/// <summary>Attention: scores, softmax, and the sum or mean of the values. Nothing else reads the scores or probabilities.</summary>
public sealed class FusedAttention : FusedLayer
{
    /// <param name="scores">The scores.</param>
    /// <param name="softmax">The softmax.</param>
    /// <param name="end">An <see cref="AttentionSum"/> or <see cref="AttentionMean"/>.</param>
    /// <param name="output">The index of the value that the layer gives.</param>
    /// <param name="values">The model's values.</param>
    internal FusedAttention(AttentionScores scores, Softmax softmax, Operation end, int output, IReadOnlyList<ValueInfo> values)
        : base(output, scores, softmax, end)
    {
        (Scores, Softmax, End) = (scores, softmax, end);
        (Query, Key, Value) = (values[scores.Query], values[scores.Key], values[end.Inputs.Span[1]]);
    }

    /// <summary>The scores.</summary>
    public AttentionScores Scores { get; }

    /// <summary>The softmax.</summary>
    public Softmax Softmax { get; }

    /// <summary>An <see cref="AttentionSum"/> or <see cref="AttentionMean"/>.</summary>
    public Operation End { get; }

    /// <summary>The value that holds the queries.</summary>
    public ValueInfo Query { get; }

    /// <summary>The value that holds the keys.</summary>
    public ValueInfo Key { get; }

    /// <summary>The value that holds the values.</summary>
    public ValueInfo Value { get; }
}
