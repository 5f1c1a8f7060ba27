using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Bits in 64-bit words, the lowest first.</summary>
internal static class BitString
{
    /// <summary>Elements that <see cref="List"/> may write behind its list.</summary>
    public const int ListSpare = 32;

    /// <summary>For each byte the positions of its ones, without gaps. Each byte has eight entries.</summary>
    private static readonly byte[] s_positions =
    [
        .. Enumerable
            .Range(0, 256)
            .SelectMany(bits =>
                Enumerable.Range(0, 8).Where(i => (bits >> i & 1) != 0).Concat(Enumerable.Repeat(0, 8)).Take(8).Select(i => (byte)i)
            ),
    ];

    /// <summary>Words that so many bits take, and a spare one: 64 bits can be read from any bit on.</summary>
    public static int Words(int bits) => (bits + 63) / 64 + 1;

    /// <summary>How many bits are 1.</summary>
    public static int Count(ReadOnlySpan<ulong> words)
    {
        int count = 0;
        foreach (ulong word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>64 bits from bit <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref ulong words, int start)
    {
        ref ulong word = ref Unsafe.Add(ref words, start >> 6);
        int shift = start & 63;
        return (word >> shift) | (Unsafe.Add(ref word, 1) << 1 << (63 - shift));
    }

    /// <summary>For each of 32 bits a byte: all ones where the bit is 1, 0 elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Spread(uint bits)
    {
        Vector256<byte> spread = Vector256Ops.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)
        );
        Vector256<byte> own = Vector256.Create(0x8040201008040201UL).AsByte();
        return Vector256.Equals(spread & own, own);
    }

    /// <summary>ORs 64 bits into the words from bit <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(ref ulong words, int start, ulong bits)
    {
        ref ulong word = ref Unsafe.Add(ref words, start >> 6);
        int shift = start & 63;
        word |= bits << shift;
        Unsafe.Add(ref word, 1) |= bits >> 1 >> (63 - shift);
    }

    /// <summary>The bits under a mask, without gaps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>Lists the positions of the bits that are 1, times a factor, in any order.</summary>
    /// <param name="words">The bits.</param>
    /// <param name="factor">At most 2^16 when multiplied with the number of bits.</param>
    /// <param name="list">Receives them. It has room for <see cref="ListSpare"/> elements more than there are ones.</param>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int List(ReadOnlySpan<ulong> words, ushort factor, ref ushort list)
    {
        int count = 0;
        if (Avx512Vbmi2.IsSupported)
        {
            // No branch depends on the bits. Of the positions of 32 bits those of the ones are compressed. In a vector filled with
            // 32-bit words even lanes hold the lower half of the word, odd lanes the upper half.
            Vector512<uint> lane = Vector512<uint>.Indices;
            Vector512<ushort> position = (lane | ((lane + Vector512.Create(16u)) << 16)).AsUInt16() * factor,
                step = Vector512.Create((ushort)(32 * factor));
            Vector512<uint> low = Avx512F.ShiftLeftLogicalVariable(Vector512<uint>.One, lane);
            Vector512<ushort> bit = (low | (low << 16)).AsUInt16();
            ref uint half = ref Unsafe.As<ulong, uint>(ref MemoryMarshal.GetReference(words));
            for (int i = 0; i < 2 * words.Length; i++)
            {
                uint bits = Unsafe.Add(ref half, i);
                Vector512<ushort> set = Avx512BW.CompareNotEqual(Vector512.Create(bits).AsUInt16() & bit, Vector512<ushort>.Zero);
                Avx512Vbmi2.Compress(Vector512<ushort>.Zero, set, position).StoreUnsafe(ref list, (nuint)count);
                position += step;
                count += BitOperations.PopCount(bits);
            }

            return count;
        }

        ref byte positions = ref MemoryMarshal.GetArrayDataReference(s_positions);
        for (int w = 0; w < words.Length; w++)
        {
            ulong rest = words[w];
            for (int position = 64 * w; rest != 0; position += 8, rest >>= 8)
            {
                // Bytes of zeros are skipped: most of an image is dark.
                int skip = BitOperations.TrailingZeroCount(rest) & 56;
                (rest, position) = (rest >> skip, position + skip);
                Vector128<byte> some = Vector128
                    .CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref positions, 8 * (int)(byte)rest)))
                    .AsByte();
                ((Vector128.WidenLower(some) + Vector128.Create((ushort)position)) * factor).StoreUnsafe(ref list, (nuint)count);
                count += BitOperations.PopCount((uint)(byte)rest);
            }
        }

        return count;
    }

    /// <summary>A word whose lowest bits are 1, 0 to 64 of them.</summary>
    public static ulong Low(int count) => count == 64 ? ulong.MaxValue : (1UL << count) - 1;
}
