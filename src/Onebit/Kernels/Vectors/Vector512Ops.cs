using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>512 lanes. AVX-512. Elsewhere .NET emulates it, for tests.</summary>
internal readonly struct Vector512Ops : ILookupOps<Vector512<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Load(ref byte source) => Vector512.LoadUnsafe(ref source).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<ulong> vector, ref byte destination) => vector.AsByte().StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Fill(int bit) => Vector512.Create((ulong)-(long)bit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> FillByte(byte bits) => Vector512.Create(bits).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> And(Vector512<ulong> a, Vector512<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Or(Vector512<ulong> a, Vector512<ulong> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> a, Vector512<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> FullAdd(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, out Vector512<ulong> carry)
    {
        if (Avx512F.IsSupported)
        {
            carry = Avx512F.TernaryLogic(a, b, c, TernaryLogic.Majority);
            return Avx512F.TernaryLogic(a, b, c, TernaryLogic.Xor);
        }

        Vector512<ulong> either = a ^ b;
        carry = (a & b) | (either & c);
        return either ^ c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> PopCount8(Vector512<ulong> bytes)
    {
        Vector512<byte> low = Vector512.Create((byte)0x0F),
            nibble = bytes.AsByte() & low,
            other = (bytes.AsUInt16() >> 4).AsByte() & low;
        return (BitCounts.Of(nibble) + BitCounts.Of(other)).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add8(Vector512<ulong> a, Vector512<ulong> b) => (a.AsByte() + b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add16(Vector512<ulong> a, Vector512<ulong> b) => (a.AsInt16() + b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add32(Vector512<ulong> a, Vector512<ulong> b) => (a.AsInt32() + b.AsInt32()).AsUInt64();

    public static int TableBits => Avx512Vbmi.IsSupported ? 6 : 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Lookup(ref byte table, Vector512<ulong> indices)
    {
        if (Avx512Vbmi.IsSupported)
        {
            return Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref table), indices.AsByte()).AsUInt64();
        }

        Vector512<byte> entries = Vector512.LoadUnsafe(ref table),
            at = indices.AsByte();
        return Vector512
            .Create(Vector256Ops.Shuffle(entries.GetLower(), at.GetLower()), Vector256Ops.Shuffle(entries.GetUpper(), at.GetUpper()))
            .AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Lookup32(ref byte table, Vector512<ulong> indices)
    {
        if (Avx512Vbmi.IsSupported)
        {
            return Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref table), indices.AsByte()).AsUInt64();
        }

        return Vector512.Create(Vector256Ops.Lookup32(ref table, indices.GetLower()), Vector256Ops.Lookup32(ref table, indices.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Min8(Vector512<ulong> a, Vector512<ulong> b) => Vector512.Min(a.AsByte(), b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Subtract8(Vector512<ulong> a, Vector512<ulong> b) => (a.AsByte() - b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Above8(Vector512<ulong> a, Vector512<ulong> b) =>
        (Vector512.GreaterThan(a.AsByte(), b.AsByte()) & Vector512<byte>.One).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Windows(Vector512<ulong> words, int start)
    {
        if (Avx512Vbmi.IsSupported)
        {
            Vector512<byte> shifts = Vector512.Create(0x0706050403020100UL).AsByte() + Vector512.Create((byte)start);
            return Avx512Vbmi.MultiShift(shifts, words).AsUInt64();
        }

        Vector512<ulong> windows = Vector512<ulong>.Zero;
        for (int j = 0; j < 8; j++)
        {
            windows |= ((words >>> (start + j)) & Vector512.Create(0xFFUL)) << (8 * j);
        }

        return windows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftLeft8(Vector512<ulong> bytes, int count) => bytes << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> LoadBytes(ref byte source) =>
        Vector512.WidenLower(Vector256.LoadUnsafe(ref source).ToVector512Unsafe()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Fill16(short value) => Vector512.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Fill32(int value) => Vector512.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> EvenBytes(Vector512<ulong> bytes) => bytes & Vector512.Create((ushort)0x00FF).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> OddBytes(Vector512<ulong> bytes) => (bytes.AsUInt16() >> 8).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Max16(Vector512<ulong> a, Vector512<ulong> b) => Vector512.Max(a.AsInt16(), b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Subtract16(Vector512<ulong> a, Vector512<ulong> b) => (a.AsInt16() - b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector512<ulong> integers, int multiplier, int offset, int shift, ref byte codes)
    {
        (Vector512<ulong> low, Vector512<ulong> high) = Widen16(integers);
        StoreCodes(low, high, multiplier, offset, shift, ref codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector512<ulong> low, Vector512<ulong> high, int multiplier, int offset, int shift, ref byte codes)
    {
        AffineCodes.Sixteen(low.AsInt32(), multiplier, offset, shift).StoreUnsafe(ref codes);
        AffineCodes.Sixteen(high.AsInt32(), multiplier, offset, shift).StoreUnsafe(ref codes, (nuint)Vector512<int>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<ulong> Low, Vector512<ulong> High) Widen16(Vector512<ulong> integers)
    {
        (Vector512<int> low, Vector512<int> high) = Vector512.Widen(integers.AsInt16());
        return (low.AsUInt64(), high.AsUInt64());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Max32(Vector512<ulong> a, Vector512<ulong> b) => Vector512.Max(a.AsInt32(), b.AsInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAtLeast16(Vector512<ulong> even, Vector512<ulong> odd, short threshold, ref byte bits)
    {
        Vector512<short> below = Vector512.Create((short)(threshold - 1)),
            low = Vector512.Create((short)0x00FF);
        Vector512<short> reached = Vector512.ConditionalSelect(
            low,
            Vector512.GreaterThan(even.AsInt16(), below),
            Vector512.GreaterThan(odd.AsInt16(), below)
        );
        Unsafe.WriteUnaligned(ref bits, reached.AsByte().ExtractMostSignificantBits());
    }
}
