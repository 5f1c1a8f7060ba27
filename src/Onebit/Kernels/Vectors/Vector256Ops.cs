using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>256 lanes. AVX2.</summary>
internal readonly struct Vector256Ops : ILookupOps<Vector256<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Load(ref byte source) => Vector256.LoadUnsafe(ref source).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<ulong> vector, ref byte destination) => vector.AsByte().StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Fill(int bit) => Vector256.Create((ulong)-(long)bit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> FillByte(byte bits) => Vector256.Create(bits).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> And(Vector256<ulong> a, Vector256<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Or(Vector256<ulong> a, Vector256<ulong> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> a, Vector256<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> FullAdd(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c, out Vector256<ulong> carry)
    {
        if (Avx512F.VL.IsSupported)
        {
            carry = Avx512F.VL.TernaryLogic(a, b, c, TernaryLogic.Majority);
            return Avx512F.VL.TernaryLogic(a, b, c, TernaryLogic.Xor);
        }

        Vector256<ulong> either = a ^ b;
        carry = (a & b) | (either & c);
        return either ^ c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> PopCount8(Vector256<ulong> bytes)
    {
        Vector256<byte> low = Vector256.Create((byte)0x0F),
            nibble = bytes.AsByte() & low,
            other = (bytes.AsUInt16() >> 4).AsByte() & low;
        return (BitCounts.Of(nibble) + BitCounts.Of(other)).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add8(Vector256<ulong> a, Vector256<ulong> b) => (a.AsByte() + b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add16(Vector256<ulong> a, Vector256<ulong> b) => (a.AsInt16() + b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add32(Vector256<ulong> a, Vector256<ulong> b) => (a.AsInt32() + b.AsInt32()).AsUInt64();

    public static int TableBits => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Lookup(ref byte table, Vector256<ulong> indices)
    {
        return Shuffle(Vector256.LoadUnsafe(ref table), indices.AsByte()).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Lookup32(ref byte table, Vector256<ulong> indices)
    {
        Vector256<byte> low = Vector256.Create((byte)15),
            few = Shuffle(Vector256.Create(Vector128.LoadUnsafe(ref table)), indices.AsByte() & low),
            many = Shuffle(Vector256.Create(Vector128.LoadUnsafe(ref table, 16)), indices.AsByte() & low);
        return Vector256.ConditionalSelect(Vector256.GreaterThan(indices.AsSByte(), low.AsSByte()).AsByte(), many, few).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Min8(Vector256<ulong> a, Vector256<ulong> b) => Vector256.Min(a.AsByte(), b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Subtract8(Vector256<ulong> a, Vector256<ulong> b) => (a.AsByte() - b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Above8(Vector256<ulong> a, Vector256<ulong> b) =>
        (Vector256.GreaterThan(a.AsByte(), b.AsByte()) & Vector256<byte>.One).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Windows(Vector256<ulong> words, int start)
    {
        Vector256<ulong> windows = Vector256<ulong>.Zero;
        for (int j = 0; j < 8; j++)
        {
            windows |= ((words >>> (start + j)) & Vector256.Create(0xFFUL)) << (8 * j);
        }

        return windows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftLeft8(Vector256<ulong> bytes, int count) => bytes << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> LoadBytes(ref byte source) =>
        Vector256.WidenLower(Vector128.LoadUnsafe(ref source).ToVector256Unsafe()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Fill16(short value) => Vector256.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Fill32(int value) => Vector256.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> EvenBytes(Vector256<ulong> bytes) => bytes & Vector256.Create((ushort)0x00FF).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> OddBytes(Vector256<ulong> bytes) => (bytes.AsUInt16() >> 8).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Max16(Vector256<ulong> a, Vector256<ulong> b) => Vector256.Max(a.AsInt16(), b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Subtract16(Vector256<ulong> a, Vector256<ulong> b) => (a.AsInt16() - b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector256<ulong> integers, int multiplier, int offset, int shift, ref byte codes)
    {
        (Vector256<ulong> low, Vector256<ulong> high) = Widen16(integers);
        StoreCodes(low, high, multiplier, offset, shift, ref codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector256<ulong> low, Vector256<ulong> high, int multiplier, int offset, int shift, ref byte codes)
    {
        AffineCodes.Sixteen(low.AsInt32(), high.AsInt32(), multiplier, offset, shift).StoreUnsafe(ref codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Low, Vector256<ulong> High) Widen16(Vector256<ulong> integers)
    {
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(integers.AsInt16());
        return (low.AsUInt64(), high.AsUInt64());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Max32(Vector256<ulong> a, Vector256<ulong> b) => Vector256.Max(a.AsInt32(), b.AsInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAtLeast16(Vector256<ulong> even, Vector256<ulong> odd, short threshold, ref byte bits)
    {
        Vector256<short> below = Vector256.Create((short)(threshold - 1)),
            low = Vector256.Create((short)0x00FF);
        Vector256<short> reached = Vector256.ConditionalSelect(
            low,
            Vector256.GreaterThan(even.AsInt16(), below),
            Vector256.GreaterThan(odd.AsInt16(), below)
        );
        Unsafe.WriteUnaligned(ref bits, (uint)reached.AsByte().ExtractMostSignificantBits());
    }

    /// <summary>Looks up in two tables of 16 entries, one for each half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Shuffle(Vector256<byte> tables, Vector256<byte> indices) =>
        Avx2.IsSupported
            ? Avx2.Shuffle(tables, indices)
            : Vector256.Create(
                Vector128.ShuffleNative(tables.GetLower(), indices.GetLower()),
                Vector128.ShuffleNative(tables.GetUpper(), indices.GetUpper())
            );
}
