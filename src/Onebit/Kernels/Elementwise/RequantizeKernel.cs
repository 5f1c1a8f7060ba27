using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="Requantize"/> on integers.</summary>
/// <param name="requantization">The operation.</param>
/// <param name="area">Positions of a channel.</param>
internal sealed class RequantizeKernel(Requantization requantization, int area) : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch) =>
        requantization.Integers(ref MemoryMarshal.GetReference(x), area, ref MemoryMarshal.GetReference(y), area);
}
