using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary><see cref="Requantize"/> to codes of 8 bits: <c>clamp((multiplier * x + offset) >> shift, 0, 255)</c>.</summary>
internal static class Requantization
{
    /// <summary>One code. It clamps without branches, whose outcome would be as uncertain as the pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Code(int x, long multiplier, long offset, int shift)
    {
        long value = (multiplier * x + offset) >> shift;
        value &= ~(value >> 63);
        long above = (byte.MaxValue - value) >> 63;
        return (byte)(value | above);
    }

    /// <summary>Eight codes. Factors are in the lower halves of 64-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightCodes(Vector256<int> x, Vector512<int> factors, Vector512<long> offsets, int shift, Span<byte> codes)
    {
        Vector512<int> wide = Avx512F.ConvertToVector512Int64(x).AsInt32();
        Vector512<long> scaled = (Avx512F.Multiply(wide, factors) + offsets) >> shift;
        scaled = Vector512.Min(Vector512.Max(scaled, Vector512<long>.Zero), Vector512.Create(255L));
        BinaryPrimitives.WriteUInt64LittleEndian(codes, Avx512F.ConvertToVector128Byte(scaled).AsUInt64()[0]);
    }

    /// <summary>One integer per channel.</summary>
    public static void Channels(Requantize requantize, ReadOnlySpan<int> integers, Span<byte> codes)
    {
        ReadOnlySpan<int> multipliers = requantize.Multipliers.Span;
        ReadOnlySpan<long> offsets = requantize.Offsets.Span;
        int shift = requantize.Shift,
            c = 0;
        for (; Avx512F.IsSupported && c + Vector512<long>.Count <= integers.Length; c += Vector512<long>.Count)
        {
            Vector512<int> factors = Avx512F.ConvertToVector512Int64(Vector256.Create(multipliers[c..])).AsInt32();
            EightCodes(Vector256.Create(integers[c..]), factors, Vector512.Create(offsets[c..]), shift, codes[c..]);
        }

        for (; c < integers.Length; c++)
        {
            codes[c] = Code(integers[c], multipliers[c], offsets[c], shift);
        }
    }

    /// <summary>Integers of one channel.</summary>
    public static void Positions(Requantize requantize, int channel, ReadOnlySpan<int> integers, Span<byte> codes)
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
                EightCodes(Vector256.Create(integers[i..]), factor, Vector512.Create(offset), shift, codes[i..]);
            }
        }

        for (; i < codes.Length; i++)
        {
            codes[i] = Code(integers[i], multiplier, offset, shift);
        }
    }
}
