using System.Numerics;

namespace Onebit;

/// <summary><see cref="PiecewiseLinear"/>: one of two affine functions on each side of a break, clamped to 16 bits.</summary>
internal sealed class PiecewiseLinearKernel(PiecewiseLinear slopes) : IntegerKernel
{
    private const int Min = short.MinValue,
        Max = short.MaxValue;

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        ReadOnlySpan<int> breaks = slopes.Breaks.Span;
        int area = x.Length / breaks.Length;
        for (int c = 0, e = 0; c < breaks.Length; c++)
        {
            var low = new Affine(slopes.LowMultipliers.Span[c], slopes.LowOffsets.Span[c], slopes.Shift);
            var high = new Affine(slopes.HighMultipliers.Span[c], slopes.HighOffsets.Span[c], slopes.Shift);
            int end = e + area;
            for (; e <= end - Vector<int>.Count; e += Vector<int>.Count)
            {
                Vector<int> some = new(x[e..]);
                Vector
                    .ConditionalSelect(
                        Vector.GreaterThanOrEqual(some, new Vector<int>(breaks[c])),
                        high.Clamped(some, Min, Max),
                        low.Clamped(some, Min, Max)
                    )
                    .CopyTo(y[e..]);
            }

            for (; e < end; e++)
            {
                y[e] = (x[e] >= breaks[c] ? high : low).Clamped(x[e], Min, Max);
            }
        }
    }
}
