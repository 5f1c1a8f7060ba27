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
        int shift = requantize.Shift;
        for (int c = 0; c < sums.Length; c++)
        {
            codes[c] = ToByte(((long)multipliers[c] * sums[c] + offsets[c]) >> shift);
        }
    }

    /// <summary>One channel's sums to 8-bit codes.</summary>
    public static void Requantize(Requantize requantize, int channel, ReadOnlySpan<int> sums, Span<byte> codes)
    {
        long multiplier = requantize.Multipliers.Span[channel], offset = requantize.Offsets.Span[channel];
        int shift = requantize.Shift;
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = ToByte((multiplier * sums[i] + offset) >> shift);
        }
    }

    /// <summary>The larger of each two, in place.</summary>
    public static void Max(ReadOnlySpan<int> integers, Span<int> largest)
    {
        ref int one = ref MemoryMarshal.GetReference(integers), other = ref MemoryMarshal.GetReference(largest);
        int i = 0;
        for (; i + Vector256<int>.Count <= largest.Length; i += Vector256<int>.Count)
        {
            Vector256.Max(Vector256.LoadUnsafe(ref one, (nuint)i), Vector256.LoadUnsafe(ref other, (nuint)i)).StoreUnsafe(ref other, (nuint)i);
        }

        for (; i < largest.Length; i++)
        {
            largest[i] = Math.Max(largest[i], integers[i]);
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
        ref int positive = ref MemoryMarshal.GetReference(positives), threshold = ref MemoryMarshal.GetReference(thresholds);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector512<int>.Count)
        {
            // Without AVX-512 .NET makes it of narrower vectors.
            Vector512<int> twice = Vector512.LoadUnsafe(ref positive, (nuint)i) << 1;
            Vector512<int> reached = Vector512.GreaterThanOrEqual(twice - Vector512.Create(total), Vector512.LoadUnsafe(ref threshold, (nuint)i));
            bits |= reached.ExtractMostSignificantBits() << i;
        }

        return bits;
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
        for (int image = 0; image < Math.Min(stride, classes.Length); image++)
        {
            (long best, int bestClass) = ((long)multipliers[0] * sums[image] + offsets[0], 0);
            for (int c = 1; c < multipliers.Length; c++)
            {
                long score = (long)multipliers[c] * sums[c * stride + image] + offsets[c];
                (best, bestClass) = score > best ? (score, c) : (best, bestClass);
            }

            classes[image] = bestClass;
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

    /// <summary>Integers to those of a plane, 16 or 32 bits by its length.</summary>
    public static void Narrow(ReadOnlySpan<int> codes, Span<byte> plane)
    {
        if (plane.Length == codes.Length * sizeof(int))
        {
            MemoryMarshal.AsBytes(codes).CopyTo(plane);
            return;
        }

        Span<short> narrow = MemoryMarshal.Cast<byte, short>(plane);
        for (int i = 0; i < codes.Length; i++)
        {
            narrow[i] = (short)codes[i];
        }
    }
}
