using System.Numerics;

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
        for (; e <= y.Length - Vector<int>.Count; e += Vector<int>.Count)
        {
            (new Vector<int>(y[e..]) + new Vector<int>(x[e..])).CopyTo(y[e..]);
        }

        for (; e < y.Length; e++)
        {
            y[e] += x[e];
        }
    }
}
