using System.Numerics;
using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>
/// Planes of bits, summed bit-sliced: a slot holds bit 0 of all lanes' sums, then bit 1, and so on, so one full adder
/// of logic instructions adds one bit in every lane. Carry-save adders keep the lowest three bits in registers
/// (Harley and Seal's counter; Warren, Hacker's Delight, section 5-1).
/// </summary>
internal readonly struct BitLanes<TWidth, TVector> : ILanes
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    /// <summary>Bit-planes of a slot that <see cref="Sum"/> writes whatever the count.</summary>
    private const int LowPlanes = 3;

    public static int Lanes => 8 * Unsafe.SizeOf<TVector>();

    public static int PlaneBytes => Unsafe.SizeOf<TVector>();

    // PrepareTotal extends a total to the bits of every difference.
    public static int SlotBytes(int planes) => (Math.Max(LowPlanes, Bits(planes)) + 2) * Unsafe.SizeOf<TVector>();

    /// <summary>Bits of numbers from 0 to <paramref name="largest"/>.</summary>
    public static int Bits(int largest) => 32 - BitOperations.LeadingZeroCount((uint)largest);

    /// <summary>Bits of <c>2 positive - total - threshold</c> in two's complement, with thresholds no farther out than <c>planes + 1</c>.</summary>
    public static int DifferenceBits(int planes) => Bits(planes) + 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte Plane(ref byte slot, int plane) => ref Unsafe.Add(ref slot, (nint)plane * Unsafe.SizeOf<TVector>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte slot)
    {
        TVector ones = TWidth.Fill(0), twos = ones, fours = ones;
        ref int offset = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(offsets);
        int blocks = offsets.Length / 8;
        for (int block = 1; block <= blocks; block++, offset = ref Unsafe.Add(ref offset, 8))
        {
            ones = TWidth.FullAdd(At(ref planes, offset), At(ref planes, Unsafe.Add(ref offset, 1)), ones, out TVector twoA);
            ones = TWidth.FullAdd(At(ref planes, Unsafe.Add(ref offset, 2)), At(ref planes, Unsafe.Add(ref offset, 3)), ones, out TVector twoB);
            twos = TWidth.FullAdd(twoA, twoB, twos, out TVector fourA);
            ones = TWidth.FullAdd(At(ref planes, Unsafe.Add(ref offset, 4)), At(ref planes, Unsafe.Add(ref offset, 5)), ones, out twoA);
            ones = TWidth.FullAdd(At(ref planes, Unsafe.Add(ref offset, 6)), At(ref planes, Unsafe.Add(ref offset, 7)), ones, out twoB);
            twos = TWidth.FullAdd(twoA, twoB, twos, out TVector fourB);
            fours = TWidth.FullAdd(fourA, fourB, fours, out TVector eight);
            Carry(eight, ref slot, block);
        }

        // Up to seven are left; they and what the registers hold are below 16, so at most one of these carries is set.
        int left = offsets.Length & 7;
        if (left != 0)
        {
            TVector eights = TWidth.Fill(0);
            if ((left & 4) != 0)
            {
                ones = TWidth.FullAdd(At(ref planes, offset), At(ref planes, Unsafe.Add(ref offset, 1)), ones, out TVector twoA);
                ones = TWidth.FullAdd(At(ref planes, Unsafe.Add(ref offset, 2)), At(ref planes, Unsafe.Add(ref offset, 3)), ones, out TVector twoB);
                twos = TWidth.FullAdd(twoA, twoB, twos, out TVector four);
                eights = TWidth.And(fours, four);
                fours = TWidth.Xor(fours, four);
                offset = ref Unsafe.Add(ref offset, 4);
            }

            if ((left & 2) != 0)
            {
                ones = TWidth.FullAdd(At(ref planes, offset), At(ref planes, Unsafe.Add(ref offset, 1)), ones, out TVector two);
                TVector four = TWidth.And(twos, two);
                twos = TWidth.Xor(twos, two);
                eights = TWidth.Or(eights, TWidth.And(fours, four));
                fours = TWidth.Xor(fours, four);
                offset = ref Unsafe.Add(ref offset, 2);
            }

            if ((left & 1) != 0)
            {
                TVector one = At(ref planes, offset);
                TVector two = TWidth.And(ones, one);
                ones = TWidth.Xor(ones, one);
                TVector four = TWidth.And(twos, two);
                twos = TWidth.Xor(twos, two);
                eights = TWidth.Or(eights, TWidth.And(fours, four));
                fours = TWidth.Xor(fours, four);
            }

            if (blocks > 0)
            {
                Carry(eights, ref slot, blocks + 1);
            }
        }

        TWidth.Store(ones, ref slot);
        TWidth.Store(twos, ref Plane(ref slot, 1));
        TWidth.Store(fours, ref Plane(ref slot, 2));
    }

    /// <summary>Adds the <paramref name="count"/>-th bit of weight 8 to the planes above the lowest three.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(TVector carry, ref byte slot, int count)
    {
        ref byte plane = ref Plane(ref slot, LowPlanes);
        for (int rest = count - 1; rest != 0; rest >>= 1)
        {
            TVector old = TWidth.Load(ref plane);
            TWidth.Store(TWidth.Xor(old, carry), ref plane);
            carry = TWidth.And(old, carry);
            plane = ref Unsafe.Add(ref plane, Unsafe.SizeOf<TVector>());
        }

        if (BitOperations.IsPow2(count))
        {
            TWidth.Store(carry, ref plane); // The first count that takes this plane.
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ref byte slot, int planes, ref byte other, int otherPlanes)
    {
        int bits = Bits(planes), otherBits = Bits(otherPlanes), sumBits = Bits(planes + otherPlanes);
        for (; bits < otherBits; bits++)
        {
            TWidth.Store(TWidth.Fill(0), ref Plane(ref slot, bits));
        }

        TVector carry = TWidth.Fill(0);
        for (int i = 0; i < otherBits; i++)
        {
            TVector sum = TWidth.FullAdd(TWidth.Load(ref Plane(ref slot, i)), TWidth.Load(ref Plane(ref other, i)), carry, out carry);
            TWidth.Store(sum, ref Plane(ref slot, i));
        }

        for (int i = otherBits; i < bits; i++)
        {
            TVector old = TWidth.Load(ref Plane(ref slot, i));
            TWidth.Store(TWidth.Xor(old, carry), ref Plane(ref slot, i));
            carry = TWidth.And(old, carry);
        }

        if (sumBits > bits)
        {
            TWidth.Store(carry, ref Plane(ref slot, bits));
        }
    }

    public static void PrepareTotal(ref byte slot, int planes)
    {
        int bits = Bits(planes);
        for (int i = 0; i < DifferenceBits(planes); i++)
        {
            TVector bit = i < bits ? TWidth.Load(ref Plane(ref slot, i)) : TWidth.Fill(0);
            TWidth.Store(TWidth.Xor(bit, TWidth.Fill(1)), ref Plane(ref slot, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AtLeast(
        ref byte positive, int positives, ref byte total, int planes, int threshold, ref byte bits, bool join)
    {
        // -total is ~total + 1, and no difference reaches planes + 1.
        int constant = 1 - Math.Clamp(threshold, -planes - 1, planes + 1);
        TVector result = NotNegative(ref positive, Bits(positives), ref total, DifferenceBits(planes), constant);
        TWidth.Store(join ? TWidth.Or(result, TWidth.Load(ref bits)) : result, ref bits);
    }

    /// <summary>
    /// One bit a lane: <c>2 sum + addend + constant >= 0</c>, all in two's complement of
    /// <paramref name="bits"/> bits, which the result must not leave.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NotNegative(ref byte sum, int sumBits, ref byte addend, int bits, int constant)
    {
        TVector first = TWidth.FullAdd(TWidth.Load(ref addend), TWidth.Fill(constant & 1), TWidth.Fill(0), out TVector carryOne);
        TVector carryTwo = TWidth.Fill(0);
        for (int i = 1; i < bits; i++)
        {
            TVector constantBit = TWidth.Fill((constant >> i) & 1);
            TVector one = TWidth.FullAdd(TWidth.Load(ref Plane(ref addend, i)), constantBit, carryOne, out carryOne);
            TVector two = i <= sumBits ? TWidth.Load(ref Plane(ref sum, i - 1)) : TWidth.Fill(0);
            first = TWidth.FullAdd(one, two, carryTwo, out carryTwo);
        }

        return TWidth.Xor(first, TWidth.Fill(1)); // first is now the sign.
    }

    public static void ToIntegers(ref byte slot, int planes, Span<int> integers)
    {
        int bits = Bits(planes);
        integers[..Lanes].Clear();
        for (int shift = 0; shift < bits; shift += 8)
        {
            int rows = Math.Min(8, bits - shift);
            for (int group = 0; group < PlaneBytes; group++)
            {
                // Byte p holds bit p of eight numbers; transposed, byte l holds number l.
                ulong matrix = 0;
                for (int p = 0; p < rows; p++)
                {
                    matrix |= (ulong)Unsafe.Add(ref Plane(ref slot, shift + p), group) << (8 * p);
                }

                matrix = BitMatrix.Transpose(matrix);
                Span<int> numbers = integers.Slice(8 * group, 8);
                for (int l = 0; l < 8; l++)
                {
                    numbers[l] |= (int)(byte)(matrix >> (8 * l)) << shift;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector At(ref byte planes, int offset) => TWidth.Load(ref Unsafe.Add(ref planes, (nint)(uint)offset));
}
