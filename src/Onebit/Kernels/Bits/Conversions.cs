using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Conversions between 32-bit integers, narrower ones and bits.</summary>
internal static class Conversions
{
    /// <summary>Bytes to integers. The length of <paramref name="plane"/> says whether they have 16 or 32 bits.</summary>
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

    /// <summary>
    /// Integers to narrower ones that hold them. The length of <paramref name="plane"/> says whether they have 8, 16 or 32 bits.
    /// </summary>
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

    /// <summary>Bytes times 2^<paramref name="shift"/>, written or added to integers.</summary>
    public static void WidenShift(ReadOnlySpan<byte> bytes, int shift, bool add, Span<int> integers)
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

    /// <summary>Bit i is 1 where integer i is above 0.</summary>
    public static void PositiveBits(ReadOnlySpan<int> integers, Span<ulong> words)
    {
        words.Clear();
        int i = 0;
        for (; i + Vector512<int>.Count <= integers.Length; i += Vector512<int>.Count)
        {
            // .NET emulates 512 bits by narrower vectors where the processor lacks them.
            words[i / 64] |=
                Vector512.GreaterThan(Vector512.Create(integers[i..]), Vector512<int>.Zero).ExtractMostSignificantBits() << (i & 63);
        }

        for (; i < integers.Length; i++)
        {
            words[i / 64] |= (integers[i] > 0 ? 1UL : 0) << (i & 63);
        }
    }

    /// <summary>1 where a bit is set, <paramref name="zero"/> elsewhere.</summary>
    public static void Expand(ReadOnlySpan<ulong> words, int zero, Span<int> integers)
    {
        int i = 0;
        Vector512<int> bits = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        for (; i + Vector512<int>.Count <= integers.Length; i += Vector512<int>.Count)
        {
            Vector512<int> some = Vector512.Create((int)(words[i / 64] >> (i & 63))) & bits;
            Vector512
                .ConditionalSelect(Vector512.Equals(some, Vector512<int>.Zero), Vector512.Create(zero), Vector512<int>.One)
                .CopyTo(integers[i..]);
        }

        for (; i < integers.Length; i++)
        {
            integers[i] = ((words[i / 64] >> (i & 63)) & 1) != 0 ? 1 : zero;
        }
    }
}
