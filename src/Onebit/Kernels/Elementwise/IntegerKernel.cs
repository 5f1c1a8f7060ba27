namespace Onebit;

/// <summary>An operation on 32-bit integers. Its inputs come one after another, so that only one at a time need be converted.</summary>
internal abstract class IntegerKernel
{
    /// <summary>Integers of scratch memory.</summary>
    public virtual int ScratchElements => 0;

    /// <summary>Takes one input. After the last one, the result is complete.</summary>
    /// <param name="input">Which input: 0 for the first one.</param>
    /// <param name="x">The elements of the input.</param>
    /// <param name="y">The elements of the result. The first input overwrites what was there.</param>
    /// <param name="scratch">Of <see cref="ScratchElements"/>. Its contents do not matter.</param>
    public abstract void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch);
}
