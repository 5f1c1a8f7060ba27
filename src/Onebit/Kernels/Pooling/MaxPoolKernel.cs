using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary><see cref="MaxPool"/>: the windows at all positions, in a copy with spare elements behind it.</summary>
/// <param name="pool">The operation.</param>
/// <param name="shape">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class MaxPoolKernel(MaxPool pool, ValueInfo shape, ValueInfo result) : IntegerKernel
{
    public override int ScratchElements => shape.Count + pool.Size * shape.Width + pool.Size + 2 * Vector512<int>.Count;

    /// <summary>Whether the windows at all positions are no more work than those of the stride, one by one.</summary>
    public static bool IsFaster(ValueInfo shape, ValueInfo result) => shape.Count <= Vector512<int>.Count * result.Count;

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        x.CopyTo(scratch);
        WindowMax.Run(ref MemoryMarshal.GetReference(scratch), x.Length, pool.Size, 1, shape.Width);
        for (int row = 0; row < result.Channels * result.Height; row++)
        {
            int first = (row / result.Height * shape.Height + row % result.Height * pool.Stride) * shape.Width;
            WindowMax.CopyStrided(ref scratch[first], pool.Stride, ref y[row * result.Width], result.Width);
        }
    }
}
