using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Transpositions of bits and bytes.</summary>
internal static class BitMatrix
{
    /// <summary>Whether the processor transposes 8 x 8 bits in one instruction.</summary>
    public static bool IsAccelerated => Gfni.V512.IsSupported && Avx512Vbmi.IsSupported;

    /// <summary>Transposes 8 x 8 bits, byte by byte, the lowest bit first (Warren, Hacker's Delight, section 7-3).</summary>
    public static ulong Transpose(ulong rows)
    {
        ulong swap = (rows ^ (rows >> 7)) & 0x00AA00AA00AA00AA;
        rows ^= swap ^ (swap << 7);
        swap = (rows ^ (rows >> 14)) & 0x0000CCCC0000CCCC;
        rows ^= swap ^ (swap << 14);
        swap = (rows ^ (rows >> 28)) & 0x00000000F0F0F0F0;
        return rows ^ swap ^ (swap << 28);
    }

    /// <summary>Transposes 64 x 64 bits. Only where <see cref="IsAccelerated"/>.</summary>
    /// <param name="rows">64 words.</param>
    /// <param name="columns">Receives 64 words.</param>
    /// <param name="stride">Bytes from one column to the next.</param>
    public static void Transpose(ref ulong rows, ref byte columns, int stride)
    {
        // Eight rows are eight matrices of 8 x 8 bits. Each is transposed, then the bytes are put in order.
        Vector512<byte> a = Octet(ref rows, 0),
            b = Octet(ref rows, 1),
            c = Octet(ref rows, 2),
            d = Octet(ref rows, 3);
        Vector512<byte> e = Octet(ref rows, 4),
            f = Octet(ref rows, 5),
            g = Octet(ref rows, 6),
            h = Octet(ref rows, 7);
        Interleave(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
        Write(a, 0, ref columns, stride);
        Write(b, 1, ref columns, stride);
        Write(c, 2, ref columns, stride);
        Write(d, 3, ref columns, stride);
        Write(e, 4, ref columns, stride);
        Write(f, 5, ref columns, stride);
        Write(g, 6, ref columns, stride);
        Write(h, 7, ref columns, stride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<byte> Octet(ref ulong rows, int index)
        {
            // The instruction takes the last row for the lowest bit.
            Vector512<byte> order = Vector512.Create(
                (byte)56,
                48,
                40,
                32,
                24,
                16,
                8,
                0,
                57,
                49,
                41,
                33,
                25,
                17,
                9,
                1,
                58,
                50,
                42,
                34,
                26,
                18,
                10,
                2,
                59,
                51,
                43,
                35,
                27,
                19,
                11,
                3,
                60,
                52,
                44,
                36,
                28,
                20,
                12,
                4,
                61,
                53,
                45,
                37,
                29,
                21,
                13,
                5,
                62,
                54,
                46,
                38,
                30,
                22,
                14,
                6,
                63,
                55,
                47,
                39,
                31,
                23,
                15,
                7
            );
            Vector512<byte> eight = Vector512.LoadUnsafe(ref rows, (nuint)(8 * index)).AsByte();
            return Transpose(Avx512Vbmi.PermuteVar64x8(eight, order));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Write(Vector512<byte> words, int pair, ref byte columns, int stride)
        {
            ref byte place = ref Unsafe.Add(ref columns, 2 * pair * stride);
            Pair(words.GetLower().GetLower(), ref place, stride);
            Pair(words.GetLower().GetUpper(), ref Unsafe.Add(ref place, 16 * stride), stride);
            Pair(words.GetUpper().GetLower(), ref Unsafe.Add(ref place, 32 * stride), stride);
            Pair(words.GetUpper().GetUpper(), ref Unsafe.Add(ref place, 48 * stride), stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Pair(Vector128<byte> words, ref byte place, int stride)
        {
            Unsafe.WriteUnaligned(ref place, words.AsUInt64()[0]);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, stride), words.AsUInt64()[1]);
        }
    }

    /// <summary>
    /// Transposes 8 x 8 bits in each 64-bit word: bit i of byte j becomes bit j of byte 7 - i. Only where <see cref="IsAccelerated"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Transpose(Vector512<byte> matrices) =>
        Gfni.V512.GaloisFieldAffineTransform(Vector512.Create(0x8040201008040201UL).AsByte(), matrices, 0);

    /// <summary>
    /// Byte i of the eight vectors becomes a 64-bit word. Vector k receives the words 2 k and 2 k + 1 of each 128 bits. Only where
    /// <see cref="IsAccelerated"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Interleave(
        ref Vector512<byte> a,
        ref Vector512<byte> b,
        ref Vector512<byte> c,
        ref Vector512<byte> d,
        ref Vector512<byte> e,
        ref Vector512<byte> f,
        ref Vector512<byte> g,
        ref Vector512<byte> h
    )
    {
        Vector512<ushort> abLow = Avx512BW.UnpackLow(a, b).AsUInt16(),
            abHigh = Avx512BW.UnpackHigh(a, b).AsUInt16();
        Vector512<ushort> cdLow = Avx512BW.UnpackLow(c, d).AsUInt16(),
            cdHigh = Avx512BW.UnpackHigh(c, d).AsUInt16();
        Vector512<ushort> efLow = Avx512BW.UnpackLow(e, f).AsUInt16(),
            efHigh = Avx512BW.UnpackHigh(e, f).AsUInt16();
        Vector512<ushort> ghLow = Avx512BW.UnpackLow(g, h).AsUInt16(),
            ghHigh = Avx512BW.UnpackHigh(g, h).AsUInt16();
        Vector512<uint> first0 = Avx512BW.UnpackLow(abLow, cdLow).AsUInt32(),
            first1 = Avx512BW.UnpackHigh(abLow, cdLow).AsUInt32();
        Vector512<uint> first2 = Avx512BW.UnpackLow(abHigh, cdHigh).AsUInt32(),
            first3 = Avx512BW.UnpackHigh(abHigh, cdHigh).AsUInt32();
        Vector512<uint> last0 = Avx512BW.UnpackLow(efLow, ghLow).AsUInt32(),
            last1 = Avx512BW.UnpackHigh(efLow, ghLow).AsUInt32();
        Vector512<uint> last2 = Avx512BW.UnpackLow(efHigh, ghHigh).AsUInt32(),
            last3 = Avx512BW.UnpackHigh(efHigh, ghHigh).AsUInt32();
        a = Avx512F.UnpackLow(first0, last0).AsByte();
        b = Avx512F.UnpackHigh(first0, last0).AsByte();
        c = Avx512F.UnpackLow(first1, last1).AsByte();
        d = Avx512F.UnpackHigh(first1, last1).AsByte();
        e = Avx512F.UnpackLow(first2, last2).AsByte();
        f = Avx512F.UnpackHigh(first2, last2).AsByte();
        g = Avx512F.UnpackLow(first3, last3).AsByte();
        h = Avx512F.UnpackHigh(first3, last3).AsByte();
    }
}
