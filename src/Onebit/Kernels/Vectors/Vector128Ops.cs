using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>128 lanes. SSE2 and ARM64's AdvSimd.</summary>
internal readonly struct Vector128Ops : ILookupOps<Vector128<ulong>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Load(ref byte source) => Vector128.LoadUnsafe(ref source).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<ulong> vector, ref byte destination) => vector.AsByte().StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Fill(int bit) => Vector128.Create((ulong)-(long)bit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> FillByte(byte bits) => Vector128.Create(bits).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> And(Vector128<ulong> a, Vector128<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Or(Vector128<ulong> a, Vector128<ulong> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Xor(Vector128<ulong> a, Vector128<ulong> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> FullAdd(Vector128<ulong> a, Vector128<ulong> b, Vector128<ulong> c, out Vector128<ulong> carry)
    {
        if (Avx512F.VL.IsSupported)
        {
            carry = Avx512F.VL.TernaryLogic(a, b, c, TernaryLogic.Majority);
            return Avx512F.VL.TernaryLogic(a, b, c, TernaryLogic.Xor);
        }

        Vector128<ulong> either = a ^ b;
        carry = (a & b) | (either & c);
        return either ^ c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> PopCount8(Vector128<ulong> bytes)
    {
        if (AdvSimd.IsSupported)
        {
            return AdvSimd.PopCount(bytes.AsByte()).AsUInt64();
        }

        Vector128<byte> low = Vector128.Create((byte)0x0F),
            nibble = bytes.AsByte() & low,
            other = (bytes.AsUInt16() >> 4).AsByte() & low;
        return (BitCounts.Of(nibble) + BitCounts.Of(other)).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add8(Vector128<ulong> a, Vector128<ulong> b) => (a.AsByte() + b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add16(Vector128<ulong> a, Vector128<ulong> b) => (a.AsInt16() + b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add32(Vector128<ulong> a, Vector128<ulong> b) => (a.AsInt32() + b.AsInt32()).AsUInt64();

    public static int TableBits => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Lookup(ref byte table, Vector128<ulong> indices)
    {
        return Vector128.ShuffleNative(Vector128.LoadUnsafe(ref table), indices.AsByte()).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Lookup32(ref byte table, Vector128<ulong> indices)
    {
        Vector128<byte> low = Vector128.Create((byte)15),
            few = Vector128.ShuffleNative(Vector128.LoadUnsafe(ref table), indices.AsByte() & low),
            many = Vector128.ShuffleNative(Vector128.LoadUnsafe(ref table, 16), indices.AsByte() & low);
        return Vector128.ConditionalSelect(Vector128.GreaterThan(indices.AsSByte(), low.AsSByte()).AsByte(), many, few).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Min8(Vector128<ulong> a, Vector128<ulong> b) => Vector128.Min(a.AsByte(), b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Subtract8(Vector128<ulong> a, Vector128<ulong> b) => (a.AsByte() - b.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Above8(Vector128<ulong> a, Vector128<ulong> b) =>
        (Vector128.GreaterThan(a.AsByte(), b.AsByte()) & Vector128<byte>.One).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Windows(Vector128<ulong> words, int start)
    {
        Vector128<ulong> windows = Vector128<ulong>.Zero;
        for (int j = 0; j < 8; j++)
        {
            windows |= ((words >>> (start + j)) & Vector128.Create(0xFFUL)) << (8 * j);
        }

        return windows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> ShiftLeft8(Vector128<ulong> bytes, int count) => bytes << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> LoadBytes(ref byte source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Fill16(short value) => Vector128.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Fill32(int value) => Vector128.Create(value).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> EvenBytes(Vector128<ulong> bytes) => bytes & Vector128.Create((ushort)0x00FF).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> OddBytes(Vector128<ulong> bytes) => (bytes.AsUInt16() >> 8).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Max16(Vector128<ulong> a, Vector128<ulong> b) => Vector128.Max(a.AsInt16(), b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Subtract16(Vector128<ulong> a, Vector128<ulong> b) => (a.AsInt16() - b.AsInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector128<ulong> integers, int multiplier, int offset, int shift, ref byte codes)
    {
        (Vector128<ulong> low, Vector128<ulong> high) = Widen16(integers);
        StoreCodes(low, high, multiplier, offset, shift, ref codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector128<ulong> low, Vector128<ulong> high, int multiplier, int offset, int shift, ref byte codes)
    {
        Vector256<int> both = Vector256.Create(low.AsInt32(), high.AsInt32());
        Unsafe.WriteUnaligned(ref codes, AffineCodes.Sixteen(both, both, multiplier, offset, shift).AsUInt64()[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<ulong> Low, Vector128<ulong> High) Widen16(Vector128<ulong> integers)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(integers.AsInt16());
        return (low.AsUInt64(), high.AsUInt64());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Max32(Vector128<ulong> a, Vector128<ulong> b) => Vector128.Max(a.AsInt32(), b.AsInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAtLeast16(Vector128<ulong> even, Vector128<ulong> odd, short threshold, ref byte bits)
    {
        Vector128<short> below = Vector128.Create((short)(threshold - 1)),
            low = Vector128.Create((short)0x00FF);
        Vector128<short> reached = Vector128.ConditionalSelect(
            low,
            Vector128.GreaterThan(even.AsInt16(), below),
            Vector128.GreaterThan(odd.AsInt16(), below)
        );
        Unsafe.WriteUnaligned(ref bits, (ushort)reached.AsByte().ExtractMostSignificantBits());
    }
}
