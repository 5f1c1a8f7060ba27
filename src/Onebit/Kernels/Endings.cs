using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>What happens to integer sums in the lanes of a batch.</summary>
internal static class Endings
{
    /// <summary>One sum a channel to 8-bit codes.</summary>
    public static void Requantize(Requantize requantize, ReadOnlySpan<int> sums, Span<byte> codes)
    {
        ReadOnlySpan<int> multipliers = requantize.Multipliers.Span;
        ReadOnlySpan<long> offsets = requantize.Offsets.Span;
        int shift = requantize.Shift,
            c = 0;
        for (; Avx512F.IsSupported && c + Vector512<long>.Count <= sums.Length; c += Vector512<long>.Count)
        {
            Vector512<int> factors = Avx512F.ConvertToVector512Int64(Vector256.Create(multipliers[c..])).AsInt32();
            ToBytes(Vector256.Create(sums[c..]), factors, Vector512.Create(offsets[c..]), shift, codes[c..]);
        }

        for (; c < sums.Length; c++)
        {
            codes[c] = ToByte(((long)multipliers[c] * sums[c] + offsets[c]) >> shift);
        }
    }

    /// <summary>One channel's sums to 8-bit codes.</summary>
    public static void Requantize(Requantize requantize, int channel, ReadOnlySpan<int> sums, Span<byte> codes)
    {
        long multiplier = requantize.Multipliers.Span[channel],
            offset = requantize.Offsets.Span[channel];
        int shift = requantize.Shift,
            i = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<int> factor = Vector512.Create((int)multiplier);
            for (; i + Vector512<long>.Count <= codes.Length; i += Vector512<long>.Count)
            {
                ToBytes(Vector256.Create(sums[i..]), factor, Vector512.Create(offset), shift, codes[i..]);
            }
        }

        for (; i < codes.Length; i++)
        {
            codes[i] = ToByte((multiplier * sums[i] + offset) >> shift);
        }
    }

    /// <summary>One channel's sums to up to 64 signs.</summary>
    public static ulong Signs(Threshold threshold, int channel, ReadOnlySpan<int> sums)
    {
        (int least, bool flipped) = (threshold.Thresholds.Span[channel], threshold.Flipped.Span[channel]);
        ulong bits = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            bits |= (sums[i] >= least != flipped ? 1UL : 0) << i;
        }

        return bits;
    }

    /// <summary>Bit i is 1 where integer i is above 0.</summary>
    public static void Signs(ReadOnlySpan<int> integers, Span<ulong> words)
    {
        words.Clear();
        int i = 0;
        for (; i + Vector512<int>.Count <= integers.Length; i += Vector512<int>.Count)
        {
            // Without AVX-512 .NET makes it of narrower vectors.
            words[i / 64] |=
                Vector512.GreaterThan(Vector512.Create(integers[i..]), Vector512<int>.Zero).ExtractMostSignificantBits() << (i & 63);
        }

        for (; i < integers.Length; i++)
        {
            words[i / 64] |= (integers[i] > 0 ? 1UL : 0) << (i & 63);
        }
    }

    /// <summary>
    /// In place of each integer the largest of its window, which lies behind it; those behind the last one, up to a whole
    /// vector, are lost.
    /// </summary>
    /// <param name="place">The first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">Rows and columns of the window.</param>
    /// <param name="column">From one column of the window to the next.</param>
    /// <param name="row">From one row to the next.</param>
    public static void Max(ref int place, int count, int size, int column, int row)
    {
        for (int i = 0; i < count; i += Vector512<int>.Count)
        {
            Vector512<int> largest = Vector512.LoadUnsafe(ref place, (nuint)i);
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    largest = Vector512.Max(largest, Vector512.LoadUnsafe(ref place, (nuint)(i + y * row + x * column)));
                }
            }

            largest.StoreUnsafe(ref place, (nuint)i);
        }
    }

    /// <summary>Every so many integers, one after another; those kept may take the place of those left out.</summary>
    /// <param name="from">The first one.</param>
    /// <param name="step">From one that is kept to the next. Where it is 2, one more is read.</param>
    /// <param name="to">Receives them.</param>
    /// <param name="count">How many.</param>
    public static void Keep(ref int from, int step, ref int to, int count)
    {
        int i = 0;
        for (; step <= 2 && i + Vector256<int>.Count <= count; i += Vector256<int>.Count)
        {
            // The lower halves of 64-bit numbers are every second one.
            Vector256<int> some = Vector256.LoadUnsafe(ref from, (nuint)(i * step));
            (
                step == 1
                    ? some
                    : Vector256.Narrow(some.AsInt64(), Vector256.LoadUnsafe(ref from, (nuint)(2 * i + Vector256<int>.Count)).AsInt64())
            ).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < count; i++)
        {
            Unsafe.Add(ref to, i) = Unsafe.Add(ref from, i * step);
        }
    }

    /// <summary>Bytes times 2^<paramref name="shift"/>, written or added to integers.</summary>
    public static void Scale(ReadOnlySpan<byte> bytes, int shift, bool add, Span<int> integers)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref int place = ref MemoryMarshal.GetReference(integers);
        int i = 0;
        for (; Avx512F.IsSupported && i + Vector512<int>.Count <= bytes.Length; i += Vector512<int>.Count)
        {
            Vector512<int> wide = Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref source, (nuint)i)) << shift;
            (add ? wide + Vector512.LoadUnsafe(ref place, (nuint)i) : wide).StoreUnsafe(ref place, (nuint)i);
        }

        for (; i < bytes.Length; i++)
        {
            integers[i] = (add ? integers[i] : 0) + (bytes[i] << shift);
        }
    }

    /// <summary>Bit i is 1 where <c>2 positives[i] - total >= thresholds[i]</c>.</summary>
    /// <param name="positives">64.</param>
    /// <param name="total">For all of them.</param>
    /// <param name="thresholds">64.</param>
    public static ulong AtLeast(ReadOnlySpan<int> positives, int total, ReadOnlySpan<int> thresholds)
    {
        ref int positive = ref MemoryMarshal.GetReference(positives),
            threshold = ref MemoryMarshal.GetReference(thresholds);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector512<int>.Count)
        {
            // Without AVX-512 .NET makes it of narrower vectors.
            Vector512<int> twice = Vector512.LoadUnsafe(ref positive, (nuint)i) << 1;
            Vector512<int> reached = Vector512.GreaterThanOrEqual(
                twice - Vector512.Create(total),
                Vector512.LoadUnsafe(ref threshold, (nuint)i)
            );
            bits |= reached.ExtractMostSignificantBits() << i;
        }

        return bits;
    }

    /// <summary>Eight sums; factors in the lower halves of 64-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ToBytes(Vector256<int> sums, Vector512<int> factors, Vector512<long> offsets, int shift, Span<byte> codes)
    {
        Vector512<int> wide = Avx512F.ConvertToVector512Int64(sums).AsInt32();
        Vector512<long> scaled = (Avx512F.Multiply(wide, factors) + offsets) >> shift;
        scaled = Vector512.Min(Vector512.Max(scaled, Vector512<long>.Zero), Vector512.Create(255L));
        BinaryPrimitives.WriteUInt64LittleEndian(codes, Avx512F.ConvertToVector128Byte(scaled).AsUInt64()[0]);
    }

    /// <summary>Clamps without branches, whose outcome would be as uncertain as the pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ToByte(long value)
    {
        value &= ~(value >> 63);
        long above = (byte.MaxValue - value) >> 63;
        return (byte)(value | above);
    }

    /// <summary>The class with the largest score, image by image.</summary>
    /// <param name="scores">The affine.</param>
    /// <param name="sums">The sums of all images for class 0, then for class 1 ...</param>
    /// <param name="stride">Elements from one class to the next.</param>
    /// <param name="classes">One an image, for as many as there are, up to <paramref name="stride"/>.</param>
    public static void Classify(Scores scores, ReadOnlySpan<int> sums, int stride, Span<int> classes)
    {
        ReadOnlySpan<int> multipliers = scores.Multipliers.Span;
        ReadOnlySpan<long> offsets = scores.Offsets.Span;
        int image = 0,
            count = Math.Min(stride, classes.Length);
        for (; Avx512F.IsSupported && image + Vector512<long>.Count <= count; image += Vector512<long>.Count)
        {
            Vector512<long> best = Scores(sums, image, multipliers[0], offsets[0]),
                bestClass = Vector512<long>.Zero;
            for (int c = 1; c < multipliers.Length; c++)
            {
                Vector512<long> some = Scores(sums, c * stride + image, multipliers[c], offsets[c]),
                    better = Vector512.GreaterThan(some, best);
                best = Vector512.Max(some, best);
                bestClass = Vector512.ConditionalSelect(better, Vector512.Create((long)c), bestClass);
            }

            Avx512F.ConvertToVector256Int32(bestClass).CopyTo(classes[image..]);
        }

        for (; image < count; image++)
        {
            (long best, int bestClass) = ((long)multipliers[0] * sums[image] + offsets[0], 0);
            for (int c = 1; c < multipliers.Length; c++)
            {
                long score = (long)multipliers[c] * sums[c * stride + image] + offsets[c];
                (best, bestClass) = score > best ? (score, c) : (best, bestClass);
            }

            classes[image] = bestClass;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<long> Scores(ReadOnlySpan<int> sums, int first, int multiplier, long offset)
        {
            // The lower halves of 64-bit numbers are multiplied.
            Vector512<long> wide = Avx512F.ConvertToVector512Int64(Vector256.Create(sums[first..]));
            return Avx512F.Multiply(wide.AsInt32(), Vector512.Create(multiplier)) + Vector512.Create(offset);
        }
    }

    /// <summary>Bytes to the integers of a plane, 16 or 32 bits by its length.</summary>
    public static void Widen(ReadOnlySpan<byte> codes, Span<byte> plane)
    {
        if (plane.Length == codes.Length * sizeof(short))
        {
            Span<short> wide = MemoryMarshal.Cast<byte, short>(plane);
            for (int i = 0; i < codes.Length; i++)
            {
                wide[i] = codes[i];
            }
        }
        else
        {
            Span<int> wide = MemoryMarshal.Cast<byte, int>(plane);
            for (int i = 0; i < codes.Length; i++)
            {
                wide[i] = codes[i];
            }
        }
    }

    /// <summary>Integers to those of a plane, 8, 16 or 32 bits by its length.</summary>
    public static void Narrow(ReadOnlySpan<int> codes, Span<byte> plane)
    {
        if (plane.Length == codes.Length * sizeof(int))
        {
            MemoryMarshal.AsBytes(codes).CopyTo(plane);
            return;
        }

        int e = 0;
        if (plane.Length == codes.Length)
        {
            for (; Avx512F.IsSupported && e + Vector512<int>.Count <= codes.Length; e += Vector512<int>.Count)
            {
                Avx512F.ConvertToVector128Byte(Vector512.Create(codes[e..])).CopyTo(plane[e..]);
            }

            for (; e < codes.Length; e++)
            {
                plane[e] = (byte)codes[e];
            }

            return;
        }

        Span<short> narrow = MemoryMarshal.Cast<byte, short>(plane);
        for (int i = 0; i < codes.Length; i++)
        {
            narrow[i] = (short)codes[i];
        }
    }
}
