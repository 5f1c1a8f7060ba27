using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// Planes of codes, as 16-bit or (<typeparamref name="TElement"/> = <see cref="int"/>) 32-bit integers: the planes of
/// 8-bit codes would take eight times the logic of one bit, plain additions take less. A slot holds the lanes' sums.
/// </summary>
internal readonly struct IntegerLanes<TWidth, TVector, TElement> : ILanes
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
    where TElement : unmanaged
{
    private const int Vectors = 4;

    public static int Lanes => PlaneBytes / Unsafe.SizeOf<TElement>();

    public static int PlaneBytes => Vectors * Unsafe.SizeOf<TVector>();

    public static int SlotBytes(int planes) => PlaneBytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte slot)
    {
        TVector a = TWidth.Fill(0), b = a, c = a, d = a;
        foreach (int offset in offsets)
        {
            ref byte plane = ref Unsafe.Add(ref planes, (nint)(uint)offset);
            a = Plus(a, At(ref plane, 0));
            b = Plus(b, At(ref plane, 1));
            c = Plus(c, At(ref plane, 2));
            d = Plus(d, At(ref plane, 3));
        }

        TWidth.Store(a, ref slot);
        TWidth.Store(b, ref Vector(ref slot, 1));
        TWidth.Store(c, ref Vector(ref slot, 2));
        TWidth.Store(d, ref Vector(ref slot, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ref byte slot, int planes, ref byte other, int otherPlanes)
    {
        for (int i = 0; i < Vectors; i++)
        {
            TWidth.Store(Plus(At(ref slot, i), At(ref other, i)), ref Vector(ref slot, i));
        }
    }

    public static void PrepareTotal(ref byte slot, int planes)
    {
        // Nothing to prepare: integers are subtracted as they are.
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AtLeast(
        ref byte positive, int positives, ref byte total, int planes, int threshold, ref byte bits, bool join)
    {
        for (int at = 0; at < PlaneBytes; at += Vector256<byte>.Count)
        {
            Vector256<byte> p = Vector256.LoadUnsafe(ref positive, (nuint)at), t = Vector256.LoadUnsafe(ref total, (nuint)at);
            if (typeof(TElement) == typeof(short))
            {
                // No difference is outside of 16 bits, a threshold may be: then all or none reach it.
                Vector256<short> least = Vector256.Create((short)Math.Clamp(threshold, short.MinValue, short.MaxValue));
                var reached = (ushort)Vector256.GreaterThanOrEqual(p.AsInt16() + p.AsInt16() - t.AsInt16(), least).ExtractMostSignificantBits();
                reached = threshold > short.MaxValue ? (ushort)0 : reached;
                ref byte place = ref Unsafe.Add(ref bits, at / 16);
                Unsafe.WriteUnaligned(ref place, join ? (ushort)(reached | Unsafe.ReadUnaligned<ushort>(ref place)) : reached);
            }
            else
            {
                Vector256<int> least = Vector256.Create(threshold);
                var reached = (byte)Vector256.GreaterThanOrEqual(p.AsInt32() + p.AsInt32() - t.AsInt32(), least).ExtractMostSignificantBits();
                ref byte place = ref Unsafe.Add(ref bits, at / 32);
                place = join ? (byte)(reached | place) : reached;
            }
        }
    }

    public static void ToIntegers(ref byte slot, int planes, Span<int> integers)
    {
        ReadOnlySpan<TElement> sums = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, TElement>(ref slot), Lanes);
        for (int lane = 0; lane < sums.Length; lane++)
        {
            integers[lane] = typeof(TElement) == typeof(short) ? (short)(object)sums[lane] : (int)(object)sums[lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Plus(TVector a, TVector b) => typeof(TElement) == typeof(short) ? TWidth.Add16(a, b) : TWidth.Add32(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Vector(ref byte plane, int index) => ref Unsafe.Add(ref plane, index * Unsafe.SizeOf<TVector>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector At(ref byte plane, int index) => TWidth.Load(ref Vector(ref plane, index));
}
