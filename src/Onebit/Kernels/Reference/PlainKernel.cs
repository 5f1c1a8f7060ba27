namespace Onebit;

/// <summary>Until the operations have loops of their own.</summary>
internal sealed class PlainKernel(Operation operation, ValueInfo shape) : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch) =>
        ScalarKernel.Apply(operation, input, shape, x, y);
}
