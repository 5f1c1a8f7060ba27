using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="Add"/>: the sum of two values, element by element.</summary>
internal sealed class AddKernel : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        if (input == 0)
        {
            x.CopyTo(y);
            return;
        }

        int e = 0;
        ref int from = ref MemoryMarshal.GetReference(x),
            to = ref MemoryMarshal.GetReference(y);
        for (; e <= y.Length - Vector<int>.Count; e += Vector<int>.Count)
        {
            (Vector.LoadUnsafe(ref to, (nuint)e) + Vector.LoadUnsafe(ref from, (nuint)e)).StoreUnsafe(ref to, (nuint)e);
        }

        for (; e < y.Length; e++)
        {
            y[e] += x[e];
        }
    }
}
