using System.Numerics;

namespace Onebit.Datasets;

/// <summary>What is done to many floats at once. Vectors give the very numbers that one value after the other would.</summary>
internal static class Floats
{
    /// <summary>Adds values, times a factor, to sums.</summary>
    public static void AddScaled(Span<float> sums, float factor, ReadOnlySpan<float> values)
    {
        int i = 0;
        for (; i <= sums.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(sums[i..]) + factor * new Vector<float>(values[i..])).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += factor * values[i];
        }
    }

    /// <summary>Adds bytes, times a factor, to sums.</summary>
    public static void AddScaled(Span<float> sums, float factor, ReadOnlySpan<byte> values)
    {
        int i = 0;
        for (; i <= sums.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(values[i..]), out Vector<ushort> low, out Vector<ushort> high);
            Add(sums[i..], low);
            Add(sums[(i + Vector<ushort>.Count)..], high);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += factor * values[i];
        }

        void Add(Span<float> to, Vector<ushort> eight)
        {
            Vector.Widen(eight, out Vector<uint> low, out Vector<uint> high);
            (new Vector<float>(to) + factor * Vector.ConvertToSingle(Vector.AsVectorInt32(low))).CopyTo(to);
            to = to[Vector<float>.Count..];
            (new Vector<float>(to) + factor * Vector.ConvertToSingle(Vector.AsVectorInt32(high))).CopyTo(to);
        }
    }

    /// <summary>The larger, or smaller, of two values each. The result may lie where values do that were read before.</summary>
    public static void Extremes(ReadOnlySpan<float> first, ReadOnlySpan<float> second, Span<float> to, bool largest)
    {
        int i = 0;
        for (; i <= first.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> a = new(first[i..]),
                b = new(second[i..]);
            (largest ? Vector.Max(a, b) : Vector.Min(a, b)).CopyTo(to[i..]);
        }

        for (; i < first.Length; i++)
        {
            to[i] = largest ? Math.Max(first[i], second[i]) : Math.Min(first[i], second[i]);
        }
    }

    /// <summary>The largest value, of at least one.</summary>
    public static float Max(ReadOnlySpan<float> values)
    {
        float largest = values[0];
        var several = new Vector<float>(largest);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            several = Vector.Max(several, new Vector<float>(values[i..]));
        }

        for (; i < values.Length; i++)
        {
            largest = Math.Max(largest, values[i]);
        }

        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            largest = Math.Max(largest, several[lane]);
        }

        return largest;
    }

    /// <summary>The value in the middle if all were sorted, of an even number the upper one; none may be negative.</summary>
    public static float Median(ReadOnlySpan<float> values) => OrderStatistic(values, values.Length / 2);

    /// <summary>The value at an index if all were sorted; none may be negative, for then their bits are sorted as they are.</summary>
    public static float OrderStatistic(ReadOnlySpan<float> values, int index)
    {
        const int MostBits = 11;
        Span<int> counts = stackalloc int[1 << MostBits];
        ulong known = 0; // The value's upper bits.
        int left = 32;
        while (left > 0)
        {
            int bits = Math.Min(MostBits, left);
            counts.Clear();
            foreach (float value in values)
            {
                ulong all = BitConverter.SingleToUInt32Bits(value);
                if (all >> left == known)
                {
                    counts[(int)(all >> (left - bits)) & ((1 << bits) - 1)]++;
                }
            }

            int next = 0;
            while (index >= counts[next])
            {
                index -= counts[next++];
            }

            known = (known << bits) | (uint)next;
            left -= bits;
        }

        return BitConverter.UInt32BitsToSingle((uint)known);
    }
}
