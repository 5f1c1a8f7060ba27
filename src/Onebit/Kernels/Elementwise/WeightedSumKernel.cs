using System.Numerics;

namespace Onebit;

/// <summary>
/// <see cref="WeightedSum"/>: each input adds itself, times an integer per channel. Sums may leave 32 bits on the way. They are right at
/// the end, because additions wrap around.
/// </summary>
/// <param name="weighted">The operation.</param>
/// <param name="area">Positions of a channel.</param>
internal sealed class WeightedSumKernel(WeightedSum weighted, int area) : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        if (input == 0)
        {
            y.Clear();
        }

        int channels = y.Length / area,
            sharing = channels / (x.Length / area); // Channels of the result that read the same channel of the input.
        ReadOnlySpan<int> multipliers = weighted.Multipliers.Span.Slice(input * channels, channels);
        if (area == 1)
        {
            Channels(x, multipliers, sharing, y);
            return;
        }

        for (int c = 0; c < channels; c++)
        {
            Positions(x.Slice(c / sharing * area, area), multipliers[c], y.Slice(c * area, area));
        }
    }

    /// <summary>One position of each channel. Channels that share an input lie side by side.</summary>
    private static void Channels(ReadOnlySpan<int> x, ReadOnlySpan<int> multipliers, int sharing, Span<int> y)
    {
        int c = 0;
        while (c < y.Length)
        {
            int end = sharing == 1 ? y.Length : c + sharing;
            Vector<int> shared = new(x[c / sharing]);
            for (; c <= end - Vector<int>.Count; c += Vector<int>.Count)
            {
                (new Vector<int>(y[c..]) + (sharing == 1 ? new Vector<int>(x[c..]) : shared) * new Vector<int>(multipliers[c..])).CopyTo(
                    y[c..]
                );
            }

            for (; c < end; c++)
            {
                y[c] += x[c / sharing] * multipliers[c];
            }
        }
    }

    /// <summary>All positions of one channel.</summary>
    private static void Positions(ReadOnlySpan<int> x, int multiplier, Span<int> y)
    {
        int e = 0;
        for (; e <= y.Length - Vector<int>.Count; e += Vector<int>.Count)
        {
            (new Vector<int>(y[e..]) + new Vector<int>(x[e..]) * multiplier).CopyTo(y[e..]);
        }

        for (; e < y.Length; e++)
        {
            y[e] += x[e] * multiplier;
        }
    }
}
