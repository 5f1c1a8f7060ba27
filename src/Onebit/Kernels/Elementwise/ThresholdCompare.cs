using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Comparisons of integers with thresholds, for <see cref="Threshold"/> and <see cref="Quantize"/>.</summary>
internal static class ThresholdCompare
{
    /// <summary>The rule of every threshold: <c>x >= threshold</c>, negated where <paramref name="flipped"/>.</summary>
    public static bool Reaches(int x, int threshold, bool flipped) => x >= threshold != flipped;

    /// <summary>The code of x: how many of a channel's thresholds it reaches, by the rule above.</summary>
    /// <param name="x">The integer.</param>
    /// <param name="thresholds">Thresholds, of which each <paramref name="step"/>-th one is the channel's.</param>
    /// <param name="step">Elements from one threshold of the channel to the next.</param>
    /// <param name="flipped">Whether the channel is flipped.</param>
    public static int Count(int x, ReadOnlySpan<int> thresholds, int step, bool flipped)
    {
        int reached = 0;
        for (int i = 0; i < thresholds.Length; i += step)
        {
            reached += Reaches(x, thresholds[i], flipped) ? 1 : 0;
        }

        return reached;
    }

    /// <summary>Writes a bit for each integer, channel by channel: 1 where it reaches the channel's threshold.</summary>
    /// <param name="threshold">The operation.</param>
    /// <param name="integers">The integers of the first channel.</param>
    /// <param name="step">Integers from one channel to the next.</param>
    /// <param name="count">Integers of a channel.</param>
    /// <param name="words">Receives a <see cref="BitString"/>.</param>
    public static void Write(Threshold threshold, ReadOnlySpan<int> integers, int step, int count, ref ulong words)
    {
        var writer = new BitWriter(ref words);
        ReadOnlySpan<int> thresholds = threshold.Thresholds.Span;
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int c = 0; c < thresholds.Length; c++)
        {
            Append(thresholds[c], flipped[c], integers.Slice(c * step, count), ref writer);
        }

        writer.End();
    }

    /// <summary>Appends a bit for each integer of one channel: 1 where it reaches the channel's threshold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(int threshold, bool flipped, ReadOnlySpan<int> integers, ref BitWriter writer)
    {
        ref int first = ref MemoryMarshal.GetReference(integers);
        for (int i = 0; i < integers.Length; i += 64)
        {
            int count = Math.Min(64, integers.Length - i),
                j = 0;
            ulong bits = 0;
            for (; Vector512.IsHardwareAccelerated && j + Vector512<int>.Count <= count; j += Vector512<int>.Count)
            {
                Vector512<int> some = Vector512.LoadUnsafe(ref first, (nuint)(i + j));
                bits |= Vector512.GreaterThanOrEqual(some, Vector512.Create(threshold)).ExtractMostSignificantBits() << j;
            }

            for (; j + Vector256<int>.Count <= count; j += Vector256<int>.Count)
            {
                Vector256<int> some = Vector256.LoadUnsafe(ref first, (nuint)(i + j));
                bits |= (ulong)Vector256.GreaterThanOrEqual(some, Vector256.Create(threshold)).ExtractMostSignificantBits() << j;
            }

            for (; j < count; j++)
            {
                bits |= (Unsafe.Add(ref first, i + j) >= threshold ? 1UL : 0) << j;
            }

            writer.Append(flipped ? bits ^ BitString.Low(count) : bits, count);
        }
    }

    /// <summary>64 integers, each with a threshold of its own: bit i is 1 where <c>2 positives[i] - total >= thresholds[i]</c>.</summary>
    public static ulong Bits(ReadOnlySpan<int> positives, int total, ReadOnlySpan<int> thresholds)
    {
        ref int positive = ref MemoryMarshal.GetReference(positives),
            threshold = ref MemoryMarshal.GetReference(thresholds);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector512<int>.Count)
        {
            // .NET emulates 512 bits by narrower vectors where the processor lacks them.
            Vector512<int> twice = Vector512.LoadUnsafe(ref positive, (nuint)i) << 1;
            Vector512<int> reached = Vector512.GreaterThanOrEqual(
                twice - Vector512.Create(total),
                Vector512.LoadUnsafe(ref threshold, (nuint)i)
            );
            bits |= reached.ExtractMostSignificantBits() << i;
        }

        return bits;
    }
}
