using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Bits in 64-bit words, the lowest first.</summary>
internal static class BitString
{
    /// <summary>Words that so many bits take, and one more, so that 64 bits can be read from any of them on.</summary>
    public static int Words(int bits) => (bits + 63) / 64 + 1;

    /// <summary>64 bits from bit <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref ulong words, int start)
    {
        ref ulong word = ref Unsafe.Add(ref words, start >> 6);
        int shift = start & 63;
        return (word >> shift) | (Unsafe.Add(ref word, 1) << 1 << (63 - shift));
    }

    /// <summary>ORs up to 64 bits, the others 0, into zeros from bit <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(ref ulong words, int start, ulong bits)
    {
        ref ulong word = ref Unsafe.Add(ref words, start >> 6);
        int shift = start & 63;
        word |= bits << shift;
        Unsafe.Add(ref word, 1) |= bits >> 1 >> (63 - shift);
    }

    /// <summary>Bits 0, step, 2 step ... set, <paramref name="count"/> of them.</summary>
    public static ulong Mask(int step, int count)
    {
        ulong mask = 0;
        for (int i = 0; i < count; i++)
        {
            mask |= 1UL << (i * step);
        }

        return mask;
    }

    /// <summary>The bits under a mask, closed up.</summary>
    public static ulong Extract(ulong bits, ulong mask)
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitExtract(bits, mask);
        }

        ulong extracted = 0;
        for (int next = 0; mask != 0; mask &= mask - 1, next++)
        {
            extracted |= ((bits >> BitOperations.TrailingZeroCount(mask)) & 1) << next;
        }

        return extracted;
    }

    /// <summary>The lowest bits set, 0 to 64 of them.</summary>
    public static ulong Low(int count) => count == 64 ? ulong.MaxValue : (1UL << count) - 1;
}
