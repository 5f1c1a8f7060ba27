using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// Planes of codes as integers of 16 or 32 bits, as <typeparamref name="TElement"/> says. Bit-planes of 8-bit codes would take eight times
/// the logic of one bit. Plain additions take less. An accumulator holds the sums of all lanes.
/// </summary>
internal readonly struct IntegerLanes<TOps, TVector, TElement> : ILanes
    where TOps : struct, IVectorOps<TVector>
    where TVector : struct
    where TElement : unmanaged
{
    private const int Vectors = 4;

    public static int Lanes => PlaneBytes / Unsafe.SizeOf<TElement>();

    public static int PlaneBytes => Vectors * Unsafe.SizeOf<TVector>();

    public static int AccumulatorBytes(int planes) => PlaneBytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte accumulator)
    {
        TVector a = TOps.Fill(0),
            b = a,
            c = a,
            d = a;
        foreach (int offset in offsets)
        {
            ref byte plane = ref Unsafe.Add(ref planes, (nint)(uint)offset);
            a = Plus(a, At(ref plane, 0));
            b = Plus(b, At(ref plane, 1));
            c = Plus(c, At(ref plane, 2));
            d = Plus(d, At(ref plane, 3));
        }

        TOps.Store(a, ref accumulator);
        TOps.Store(b, ref Vector(ref accumulator, 1));
        TOps.Store(c, ref Vector(ref accumulator, 2));
        TOps.Store(d, ref Vector(ref accumulator, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ref byte accumulator, int planes, ref byte other, int otherPlanes)
    {
        for (int i = 0; i < Vectors; i++)
        {
            TOps.Store(Plus(At(ref accumulator, i), At(ref other, i)), ref Vector(ref accumulator, i));
        }
    }

    public static void PrepareTotal(ref byte accumulator, int planes)
    {
        // Integers are subtracted as they are.
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AtLeast(ref byte positive, int positives, ref byte total, int planes, int threshold, ref byte bits, bool accumulate)
    {
        // "At least" is "not less". With 16 bits it is "greater than the number before", as no difference is the smallest number.
        // A threshold may be outside of 16 bits. Then all or no differences are greater than the end of the range.
        if (typeof(TElement) == typeof(short))
        {
            Vector256<short> below = Vector256.Create((short)Math.Clamp(threshold - 1L, short.MinValue, short.MaxValue));
            ref short p = ref Unsafe.As<byte, short>(ref positive),
                t = ref Unsafe.As<byte, short>(ref total);
            int lane = 0;
            for (; lane + 32 <= Lanes; lane += 32)
            {
                Vector256<short> low = Reached16(ref p, ref t, lane, below),
                    high = Reached16(ref p, ref t, lane + 16, below);
                uint reached = Vector256.NarrowWithSaturation(low, high).ExtractMostSignificantBits();
                ref byte place = ref Unsafe.Add(ref bits, lane / 8);
                Unsafe.WriteUnaligned(ref place, accumulate ? reached | Unsafe.ReadUnaligned<uint>(ref place) : reached);
            }

            for (; lane < Lanes; lane += 16)
            {
                var reached = (ushort)Reached16(ref p, ref t, lane, below).ExtractMostSignificantBits();
                ref byte place = ref Unsafe.Add(ref bits, lane / 8);
                Unsafe.WriteUnaligned(ref place, accumulate ? (ushort)(reached | Unsafe.ReadUnaligned<ushort>(ref place)) : reached);
            }
        }
        else
        {
            Vector256<int> thresholds = Vector256.Create(threshold);
            ref int p = ref Unsafe.As<byte, int>(ref positive),
                t = ref Unsafe.As<byte, int>(ref total);
            for (int lane = 0; lane < Lanes; lane += 8)
            {
                Vector256<int> twice = Vector256.LoadUnsafe(ref p, (nuint)lane) << 1;
                var reached = (byte)
                    ~Vector256.LessThan(twice - Vector256.LoadUnsafe(ref t, (nuint)lane), thresholds).ExtractMostSignificantBits();
                ref byte place = ref Unsafe.Add(ref bits, lane / 8);
                place = accumulate ? (byte)(reached | place) : reached;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<short> Reached16(ref short p, ref short t, int lane, Vector256<short> below)
        {
            Vector256<short> once = Vector256.LoadUnsafe(ref p, (nuint)lane);
            return Vector256.GreaterThan(once + once - Vector256.LoadUnsafe(ref t, (nuint)lane), below);
        }
    }

    public static void ToIntegers(ref byte accumulator, int planes, Span<int> integers)
    {
        if (typeof(TElement) == typeof(int))
        {
            MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateReadOnlySpan(ref accumulator, PlaneBytes)).CopyTo(integers);
            return;
        }

        ref int integer = ref MemoryMarshal.GetReference(integers);
        for (int lane = 0; lane < Lanes; lane += Vector256<short>.Count)
        {
            (Vector256<int> low, Vector256<int> high) = Vector256.Widen(
                Vector256.LoadUnsafe(ref accumulator, (nuint)(lane * sizeof(short))).AsInt16()
            );
            low.StoreUnsafe(ref integer, (nuint)lane);
            high.StoreUnsafe(ref integer, (nuint)lane + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Plus(TVector a, TVector b) => typeof(TElement) == typeof(short) ? TOps.Add16(a, b) : TOps.Add32(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Vector(ref byte plane, int index) => ref Unsafe.Add(ref plane, index * Unsafe.SizeOf<TVector>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector At(ref byte plane, int index) => TOps.Load(ref Vector(ref plane, index));
}
