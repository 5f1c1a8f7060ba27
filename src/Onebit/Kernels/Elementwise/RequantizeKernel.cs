using System.Numerics;

namespace Onebit;

/// <summary>
/// <see cref="Requantize"/> on integers: an affine function for each channel, clamped to codes of 8 or integers of 16 bits.
/// </summary>
internal sealed class RequantizeKernel(Requantize requantize) : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        ReadOnlySpan<int> multipliers = requantize.Multipliers.Span;
        (int min, int max) = requantize.OutputBits == 8 ? (byte.MinValue, byte.MaxValue) : (short.MinValue, (int)short.MaxValue);
        int area = x.Length / multipliers.Length;
        for (int c = 0, e = 0; c < multipliers.Length; c++)
        {
            var affine = new Affine(multipliers[c], requantize.Offsets.Span[c], requantize.Shift);
            int end = e + area;
            for (; e <= end - Vector<int>.Count; e += Vector<int>.Count)
            {
                affine.Clamped(new Vector<int>(x[e..]), min, max).CopyTo(y[e..]);
            }

            for (; e < end; e++)
            {
                y[e] = affine.Clamped(x[e], min, max);
            }
        }
    }
}
