using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Bit-planes of codes: plane p holds bit p of each code.</summary>
internal static class BitPlanes
{
    /// <summary>All planes of codes of at most 8 bits, one after another, each of <see cref="BitString.Words"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Pack(ReadOnlySpan<byte> codes, int bits, Span<ulong> planes)
    {
        int words = BitString.Words(codes.Length);
        ref byte code = ref MemoryMarshal.GetReference(codes);
        planes.Clear();
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i + 64 <= codes.Length; i += 64)
        {
            Vector512<byte> some = Vector512.LoadUnsafe(ref code, (nuint)i);
            for (int p = 0; p < bits; p++)
            {
                Vector512<byte> bit = Vector512.Create((byte)(1 << p));
                planes[p * words + i / 64] = Vector512.Equals(some & bit, bit).ExtractMostSignificantBits();
            }
        }

        for (; i + 32 <= codes.Length; i += 32)
        {
            // The highest bit of each byte is taken. Then the next one moves up.
            Vector256<byte> some = Vector256.LoadUnsafe(ref code, (nuint)i) << (8 - bits);
            for (int p = bits - 1; p >= 0; p--, some += some)
            {
                planes[p * words + i / 64] |= (ulong)some.ExtractMostSignificantBits() << (i & 32);
            }
        }

        for (; i < codes.Length; i++)
        {
            for (int p = 0; p < bits; p++)
            {
                planes[p * words + i / 64] |= (ulong)((codes[i] >> p) & 1) << (i & 63);
            }
        }
    }

    /// <summary>All planes of codes of at most 31 bits.</summary>
    public static void Pack(ReadOnlySpan<int> codes, int bits, Span<ulong> planes)
    {
        int words = BitString.Words(codes.Length);
        planes.Clear();
        for (int i = 0; i < codes.Length; i++)
        {
            for (int p = 0; p < bits; p++)
            {
                planes[p * words + i / 64] |= (ulong)((codes[i] >> p) & 1) << (i & 63);
            }
        }
    }

    /// <summary>One plane of codes of at most 8 bits.</summary>
    public static void Take(ReadOnlySpan<byte> codes, int bit, Span<ulong> words)
    {
        words.Clear();
        int i = 0;
        for (; i + 32 <= codes.Length; i += 32)
        {
            words[i / 64] |= (ulong)(Vector256.Create(codes[i..]) << (7 - bit)).ExtractMostSignificantBits() << (i & 32);
        }

        for (; i < codes.Length; i++)
        {
            words[i / 64] |= (ulong)((codes[i] >> bit) & 1) << (i & 63);
        }
    }
}
