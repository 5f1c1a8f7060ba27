namespace Onebit;

/// <summary>An operation that reads one value.</summary>
public abstract record UnaryOperation : Operation
{
    private protected UnaryOperation(int input)
        : base(input) { }

    /// <summary>The value read: 0 is the model's input, <c>i + 1</c> the output of operation <c>i</c>.</summary>
    public int Input
    {
        get => Inputs.Span[0];
        init => Inputs = new[] { value };
    }
}
