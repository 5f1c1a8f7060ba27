using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// Planes of bits, summed bit-sliced: an accumulator holds bit 0 of the sums of all lanes, then bit 1, and so on. So one full adder of
/// logic instructions adds one bit in every lane. Carry-save adders keep the lowest four bits in registers. This is Harley and Seal's
/// counter (Warren, Hacker's Delight, section 5-1).
/// </summary>
internal readonly struct BitLanes<TOps, TVector> : ILanes
    where TOps : struct, IVectorOps<TVector>
    where TVector : struct
{
    /// <summary>Bit-planes of an accumulator that <see cref="Sum"/> always writes.</summary>
    private const int LowPlanes = 4;

    public static int Lanes => 8 * Unsafe.SizeOf<TVector>();

    public static int PlaneBytes => Unsafe.SizeOf<TVector>();

    // PrepareTotal extends a total to the bits of every difference.
    public static int AccumulatorBytes(int planes) => (Math.Max(LowPlanes, Bits(planes)) + 2) * Unsafe.SizeOf<TVector>();

    /// <summary>Bits of numbers from 0 to <paramref name="max"/>.</summary>
    public static int Bits(int max) => 32 - BitOperations.LeadingZeroCount((uint)max);

    /// <summary>
    /// Bits of <c>2 positive - total - threshold</c> in two's complement. Thresholds are clamped to plus and minus <c>planes + 1</c>.
    /// </summary>
    public static int DifferenceBits(int planes) => Bits(planes) + 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte Plane(ref byte accumulator, int plane) =>
        ref Unsafe.Add(ref accumulator, (nint)plane * Unsafe.SizeOf<TVector>());

    public static void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte accumulator) =>
        Sum(new Listed(ref planes, ref MemoryMarshal.GetReference(offsets)), offsets.Length, ref accumulator);

    /// <summary>Sums <paramref name="count"/> planes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<TPlanes>(TPlanes planes, int count, ref byte accumulator)
        where TPlanes : struct, IPlanes<TVector>, allows ref struct
    {
        TVector ones = TOps.Fill(0),
            twos = ones,
            fours = ones,
            eights = ones;
        nint next = 0;
        int blocks = count / 16;
        for (int block = 1; block <= blocks; block++, next += 16)
        {
            TVector eightA = Eight(planes, next, ref ones, ref twos, ref fours);
            TVector eightB = Eight(planes, next + 8, ref ones, ref twos, ref fours);
            eights = TOps.FullAdd(eightA, eightB, eights, out TVector sixteen);
            Carry(sixteen, ref accumulator, block);
        }

        // Up to 15 planes are left. With what the registers hold they are below 32, so at most one of these carries is set.
        int left = count & 15;
        if (left != 0)
        {
            TVector sixteens = TOps.Fill(0);
            if ((left & 8) != 0)
            {
                TVector eight = Eight(planes, next, ref ones, ref twos, ref fours);
                sixteens = TOps.And(eights, eight);
                eights = TOps.Xor(eights, eight);
                next += 8;
            }

            if ((left & 4) != 0)
            {
                TVector four = Four(planes, next, ref ones, ref twos);
                HalfAdd(ref fours, four, ref eights, ref sixteens);
                next += 4;
            }

            if ((left & 2) != 0)
            {
                ones = TOps.FullAdd(planes.At(next), planes.At(next + 1), ones, out TVector two);
                TVector four = TOps.And(twos, two);
                twos = TOps.Xor(twos, two);
                HalfAdd(ref fours, four, ref eights, ref sixteens);
                next += 2;
            }

            if ((left & 1) != 0)
            {
                TVector one = planes.At(next);
                TVector two = TOps.And(ones, one);
                ones = TOps.Xor(ones, one);
                TVector four = TOps.And(twos, two);
                twos = TOps.Xor(twos, two);
                HalfAdd(ref fours, four, ref eights, ref sixteens);
            }

            if (blocks > 0)
            {
                Carry(sixteens, ref accumulator, blocks + 1);
            }
        }

        TOps.Store(ones, ref accumulator);
        TOps.Store(twos, ref Plane(ref accumulator, 1));
        TOps.Store(fours, ref Plane(ref accumulator, 2));
        TOps.Store(eights, ref Plane(ref accumulator, 3));
    }

    /// <summary>Adds four planes to the counts in registers.</summary>
    /// <returns>The carry, of weight 4.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Four<TPlanes>(TPlanes planes, nint first, ref TVector ones, ref TVector twos)
        where TPlanes : struct, IPlanes<TVector>, allows ref struct
    {
        ones = TOps.FullAdd(planes.At(first), planes.At(first + 1), ones, out TVector twoA);
        ones = TOps.FullAdd(planes.At(first + 2), planes.At(first + 3), ones, out TVector twoB);
        twos = TOps.FullAdd(twoA, twoB, twos, out TVector four);
        return four;
    }

    /// <summary>Adds eight planes.</summary>
    /// <returns>The carry, of weight 8.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Eight<TPlanes>(TPlanes planes, nint first, ref TVector ones, ref TVector twos, ref TVector fours)
        where TPlanes : struct, IPlanes<TVector>, allows ref struct
    {
        TVector fourA = Four(planes, first, ref ones, ref twos);
        TVector fourB = Four(planes, first + 4, ref ones, ref twos);
        fours = TOps.FullAdd(fourA, fourB, fours, out TVector eight);
        return eight;
    }

    /// <summary>Adds a bit of weight 4 to counts that stay below 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfAdd(ref TVector fours, TVector four, ref TVector eights, ref TVector sixteens)
    {
        TVector eight = TOps.And(fours, four);
        fours = TOps.Xor(fours, four);
        sixteens = TOps.Or(sixteens, TOps.And(eights, eight));
        eights = TOps.Xor(eights, eight);
    }

    /// <summary>Adds the <paramref name="count"/>-th bit of weight 16 to the planes above the lowest four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(TVector carry, ref byte accumulator, int count)
    {
        ref byte plane = ref Plane(ref accumulator, LowPlanes);
        for (int rest = count - 1; rest != 0; rest >>= 1)
        {
            TVector old = TOps.Load(ref plane);
            TOps.Store(TOps.Xor(old, carry), ref plane);
            carry = TOps.And(old, carry);
            plane = ref Unsafe.Add(ref plane, Unsafe.SizeOf<TVector>());
        }

        if (BitOperations.IsPow2(count))
        {
            TOps.Store(carry, ref plane); // The first count that reaches this plane.
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ref byte accumulator, int planes, ref byte other, int otherPlanes)
    {
        int bits = Bits(planes),
            otherBits = Bits(otherPlanes),
            sumBits = Bits(planes + otherPlanes);
        for (; bits < otherBits; bits++)
        {
            TOps.Store(TOps.Fill(0), ref Plane(ref accumulator, bits));
        }

        TVector carry = TOps.Fill(0);
        for (int i = 0; i < otherBits; i++)
        {
            TVector sum = TOps.FullAdd(TOps.Load(ref Plane(ref accumulator, i)), TOps.Load(ref Plane(ref other, i)), carry, out carry);
            TOps.Store(sum, ref Plane(ref accumulator, i));
        }

        for (int i = otherBits; i < bits; i++)
        {
            TVector old = TOps.Load(ref Plane(ref accumulator, i));
            TOps.Store(TOps.Xor(old, carry), ref Plane(ref accumulator, i));
            carry = TOps.And(old, carry);
        }

        if (sumBits > bits)
        {
            TOps.Store(carry, ref Plane(ref accumulator, bits));
        }
    }

    public static void PrepareTotal(ref byte accumulator, int planes)
    {
        int bits = Bits(planes);
        for (int i = 0; i < DifferenceBits(planes); i++)
        {
            TVector bit = i < bits ? TOps.Load(ref Plane(ref accumulator, i)) : TOps.Fill(0);
            TOps.Store(TOps.Xor(bit, TOps.Fill(1)), ref Plane(ref accumulator, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AtLeast(ref byte positive, int positives, ref byte total, int planes, int threshold, ref byte bits, bool accumulate)
    {
        // -total is ~total + 1, and no difference reaches planes + 1.
        int constant = 1 - Math.Clamp(threshold, -planes - 1, planes + 1);
        TVector result = NotNegative(ref positive, Bits(positives), ref total, DifferenceBits(planes), constant);
        TOps.Store(accumulate ? TOps.Or(result, TOps.Load(ref bits)) : result, ref bits);
    }

    /// <summary>
    /// One bit per lane: <c>2 sum + addend + constant >= 0</c>, in two's complement of <paramref name="bits"/> bits. The result must fit
    /// into them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NotNegative(ref byte sum, int sumBits, ref byte addend, int bits, int constant)
    {
        TVector first = TOps.FullAdd(TOps.Load(ref addend), TOps.Fill(constant & 1), TOps.Fill(0), out TVector carryOne);
        TVector carryTwo = TOps.Fill(0);
        for (int i = 1; i < bits; i++)
        {
            TVector constantBit = TOps.Fill((constant >> i) & 1);
            TVector one = TOps.FullAdd(TOps.Load(ref Plane(ref addend, i)), constantBit, carryOne, out carryOne);
            TVector two = i <= sumBits ? TOps.Load(ref Plane(ref sum, i - 1)) : TOps.Fill(0);
            first = TOps.FullAdd(one, two, carryTwo, out carryTwo);
        }

        return TOps.Xor(first, TOps.Fill(1)); // first is now the sign.
    }

    public static void ToIntegers(ref byte accumulator, int planes, Span<int> integers)
    {
        int bits = Bits(planes);
        if (typeof(TVector) == typeof(Vector512<ulong>) && BitMatrix.IsAccelerated)
        {
            ToIntegers512(ref accumulator, bits, ref MemoryMarshal.GetReference(integers));
            return;
        }

        if (Avx2.IsSupported)
        {
            SpreadToIntegers(ref accumulator, bits, ref MemoryMarshal.GetReference(integers));
            return;
        }

        integers[..Lanes].Clear();
        for (int shift = 0; shift < bits; shift += 8)
        {
            int rows = Math.Min(8, bits - shift);
            for (int group = 0; group < PlaneBytes; group++)
            {
                // Byte p holds bit p of eight numbers. Transposed, byte l holds number l.
                ulong matrix = 0;
                for (int p = 0; p < rows; p++)
                {
                    matrix |= (ulong)Unsafe.Add(ref Plane(ref accumulator, shift + p), group) << (8 * p);
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

    /// <summary>Eight planes and 32 lanes at a time: each plane gives a bit of 32 bytes.</summary>
    private static void SpreadToIntegers(ref byte accumulator, int bits, ref int integers)
    {
        for (int shift = 0; shift == 0 || shift < bits; shift += 8)
        {
            for (int first = 0; first < Lanes; first += Vector256<byte>.Count)
            {
                Vector256<byte> numbers = Vector256<byte>.Zero;
                for (int p = shift; p < Math.Min(bits, shift + 8); p++)
                {
                    uint plane = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref Plane(ref accumulator, p), first / 8));
                    numbers |= BitString.Spread(plane) & Vector256.Create((byte)(1 << (p - shift)));
                }

                ref int place = ref Unsafe.Add(ref integers, first);
                (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(numbers);
                Eight(Vector256.WidenLower(low), shift, ref place);
                Eight(Vector256.WidenUpper(low), shift, ref Unsafe.Add(ref place, 8));
                Eight(Vector256.WidenLower(high), shift, ref Unsafe.Add(ref place, 16));
                Eight(Vector256.WidenUpper(high), shift, ref Unsafe.Add(ref place, 24));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Eight(Vector256<uint> numbers, int shift, ref int place)
        {
            Vector256<int> wide = numbers.AsInt32() << shift;
            (shift == 0 ? wide : wide | Vector256.LoadUnsafe(ref place)).StoreUnsafe(ref place);
        }
    }

    /// <summary>Eight planes at a time. One byte of each makes a word, whose transposition is eight lanes.</summary>
    private static void ToIntegers512(ref byte accumulator, int bits, ref int integers)
    {
        for (int shift = 0; shift == 0 || shift < bits; shift += 8)
        {
            // From the highest plane down, as the transposition takes them.
            Vector512<byte> a = Row(ref accumulator, shift + 7, bits),
                b = Row(ref accumulator, shift + 6, bits),
                c = Row(ref accumulator, shift + 5, bits);
            Vector512<byte> d = Row(ref accumulator, shift + 4, bits),
                e = Row(ref accumulator, shift + 3, bits),
                f = Row(ref accumulator, shift + 2, bits);
            Vector512<byte> g = Row(ref accumulator, shift + 1, bits),
                h = Row(ref accumulator, shift, bits);
            BitMatrix.Interleave(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            Write(a, 0, shift, ref integers);
            Write(b, 1, shift, ref integers);
            Write(c, 2, shift, ref integers);
            Write(d, 3, shift, ref integers);
            Write(e, 4, shift, ref integers);
            Write(f, 5, shift, ref integers);
            Write(g, 6, shift, ref integers);
            Write(h, 7, shift, ref integers);
        }

        static Vector512<byte> Row(ref byte accumulator, int plane, int bits) =>
            plane < bits ? Vector512.LoadUnsafe(ref Unsafe.Add(ref accumulator, plane * Vector512<byte>.Count)) : Vector512<byte>.Zero;

        static void Write(Vector512<byte> words, int pair, int shift, ref int integers)
        {
            // A pair of words is 16 lanes. The next pair of these 128 bits is 128 lanes further.
            Vector512<byte> numbers = BitMatrix.Transpose(words);
            ref int place = ref Unsafe.Add(ref integers, 16 * pair);
            Sixteen(numbers.GetLower().GetLower(), shift, ref place);
            Sixteen(numbers.GetLower().GetUpper(), shift, ref Unsafe.Add(ref place, 128));
            Sixteen(numbers.GetUpper().GetLower(), shift, ref Unsafe.Add(ref place, 256));
            Sixteen(numbers.GetUpper().GetUpper(), shift, ref Unsafe.Add(ref place, 384));
        }

        static void Sixteen(Vector128<byte> numbers, int shift, ref int place)
        {
            Vector512<int> wide = Avx512F.ConvertToVector512Int32(numbers) << shift;
            (shift == 0 ? wide : wide | Vector512.LoadUnsafe(ref place)).StoreUnsafe(ref place);
        }
    }

    /// <summary>Planes at offsets in bytes.</summary>
    private readonly ref struct Listed(ref byte planes, ref int offsets) : IPlanes<TVector>
    {
        private readonly ref byte _planes = ref planes;
        private readonly ref int _offsets = ref offsets;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector At(nint index) => TOps.Load(ref Unsafe.Add(ref _planes, (nint)(uint)Unsafe.Add(ref _offsets, index)));
    }
}
