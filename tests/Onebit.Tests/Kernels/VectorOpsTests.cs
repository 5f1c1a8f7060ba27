using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit.Tests.Kernels;

/// <summary>The logic of one vector against that of 64-bit words, and of 16- and 32-bit integers.</summary>
public class VectorOpsTests
{
    [Fact]
    public void Tables_of_ternary_logic_are_those_of_a_full_adder()
    {
        for (int i = 0; i < 8; i++)
        {
            int ones = (i >> 2) + ((i >> 1) & 1) + (i & 1);
            Assert.Equal(ones & 1, (TernaryLogic.Xor >> i) & 1);
            Assert.Equal(ones >> 1, (TernaryLogic.Majority >> i) & 1);
        }
    }

    [Fact]
    public void Width_64() => Check<Vector64Ops, ulong>();

    [Fact]
    public void Width_128() => Check<Vector128Ops, Vector128<ulong>>();

    [Fact]
    public void Width_256() => Check<Vector256Ops, Vector256<ulong>>();

    [Fact]
    public void Width_512() => Check<Vector512Ops, Vector512<ulong>>();

    [Fact]
    public void Bytes_of_128() => CheckTables<Vector128Ops, Vector128<ulong>>();

    [Fact]
    public void Bytes_of_256() => CheckTables<Vector256Ops, Vector256<ulong>>();

    [Fact]
    public void Bytes_of_512() => CheckTables<Vector512Ops, Vector512<ulong>>();

    /// <summary>Looking up, shifting and comparing bytes and 16-bit integers, against plain arithmetic.</summary>
    private static void CheckTables<TOps, TVector>()
        where TOps : struct, ILookupOps<TVector>
        where TVector : struct
    {
        int bytes = Unsafe.SizeOf<TVector>();
        var random = new Random(bytes);
        byte[] table = new byte[bytes],
            indices = new byte[bytes],
            stored = new byte[bytes];
        random.NextBytes(table);
        for (int i = 0; i < bytes; i++)
        {
            table[i] = table[i & ((1 << TOps.TableBits) - 1)];
            indices[i] = (byte)random.Next(1 << TOps.TableBits);
        }

        Equal(TOps.Lookup(ref table[0], TOps.Load(ref indices[0])), i => table[indices[i]]);
        Equal(TOps.ShiftLeft8(TOps.Load(ref indices[0]), 2), i => (byte)(indices[i] << 2));
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(indices);
        ulong[] copies = words.ToArray();
        for (int start = 0; start < 49; start++)
        {
            int from = start;
            Equal(TOps.Windows(TOps.Load(ref indices[0]), start), i => (byte)(copies[i / 8] >> (from + i % 8)));
        }

        short[] a = [.. Enumerable.Range(0, bytes / 2).Select(_ => (short)random.Next(-9, 10))],
            b = [.. a.Select(x => (short)(x + random.Next(-2, 3)))];
        TVector evens = Vector(a),
            odds = Vector(b);
        EqualShorts(TOps.EvenBytes(TOps.Load(ref table[0])), i => table[2 * i]);
        EqualShorts(TOps.OddBytes(TOps.Load(ref table[0])), i => table[2 * i + 1]);
        EqualShorts(TOps.Max16(evens, odds), i => Math.Max(a[i], b[i]));
        EqualShorts(TOps.Subtract16(evens, odds), i => (short)(a[i] - b[i]));
        for (short least = -10; least <= 10; least++)
        {
            var bits = new byte[bytes / 8 + 1];
            TOps.StoreAtLeast16(evens, odds, least, ref bits[0]);
            Assert.All(a, (x, i) => Assert.Equal(x >= least ? 1 : 0, (bits[i / 4] >> (2 * i & 7)) & 1));
            Assert.All(b, (x, i) => Assert.Equal(x >= least ? 1 : 0, (bits[i / 4] >> ((2 * i + 1) & 7)) & 1));
            Assert.Equal(0, bits[^1]);
        }

        var codes = new byte[a.Length];
        TOps.StoreCodes(evens, -3, 40, 1, ref codes[0]);
        Assert.Equal(a.Select(x => (byte)Math.Clamp((-3 * x + 40) >> 1, 0, 255)), codes);
        (TVector low, TVector high) = TOps.Widen16(evens);
        (TVector otherLow, TVector otherHigh) = TOps.Widen16(odds);
        TOps.StoreCodes(TOps.Max32(low, otherLow), TOps.Max32(high, otherHigh), 50, 1, 0, ref codes[0]);
        Assert.Equal(a.Zip(b, (x, y) => (byte)Math.Clamp(50 * Math.Max(x, y) + 1, 0, 255)), codes);

        TVector Vector(short[] integers) => TOps.Load(ref Unsafe.As<short, byte>(ref integers[0]));

        void Equal(TVector vector, Func<int, byte> expected)
        {
            TOps.Store(vector, ref stored[0]);
            Assert.All(stored, (x, i) => Assert.Equal(expected(i), x));
        }

        void EqualShorts(TVector vector, Func<int, short> expected)
        {
            TOps.Store(vector, ref stored[0]);
            Assert.All(MemoryMarshal.Cast<byte, short>(stored).ToArray(), (x, i) => Assert.Equal(expected(i), x));
        }
    }

    private static void Check<TOps, TVector>()
        where TOps : struct, IVectorOps<TVector>
        where TVector : struct
    {
        // At no multiple of a vector's length.
        int words = Unsafe.SizeOf<TVector>() / sizeof(ulong);
        var random = new Random(words);
        var numbers = new byte[3 * Unsafe.SizeOf<TVector>() + 1];
        random.NextBytes(numbers);
        TVector[] vectors = [.. Enumerable.Range(0, 3).Select(i => TOps.Load(ref numbers[1 + i * Unsafe.SizeOf<TVector>()]))];
        (TVector a, TVector b, TVector c) = (vectors[0], vectors[1], vectors[2]);
        Equal(TOps.And(a, b), (a, b, _) => a & b);
        Equal(TOps.Or(a, b), (a, b, _) => a | b);
        Equal(TOps.Xor(a, b), (a, b, _) => a ^ b);
        Equal(TOps.Fill(0), (_, _, _) => 0);
        Equal(TOps.Fill(1), (_, _, _) => ulong.MaxValue);
        Equal(TOps.FillByte(0x5A), (_, _, _) => 0x5A5A5A5A5A5A5A5A);
        Equal(TOps.PopCount8(a), (a, _, _) => Sum<byte>(Enumerable.Range(0, 8).Select(bit => (a >> bit) & 0x0101010101010101)));
        Equal(TOps.FullAdd(a, b, c, out TVector carry), (a, b, c) => a ^ b ^ c);
        Equal(carry, (a, b, c) => (a & b) | (a & c) | (b & c));

        // Below half of their range they do not overflow.
        TVector half8 = Filled(0x7F3F_7F7F_1234_0000);
        Equal(
            TOps.Add8(TOps.And(a, half8), TOps.And(b, half8)),
            (a, b, _) => Sum<byte>(a & 0x7F3F_7F7F_1234_0000, b & 0x7F3F_7F7F_1234_0000)
        );
        TVector half16 = Filled(0x7FFF_3FFF_1234_0000),
            half32 = Filled(0x7FFF_FFFF_0000_1234);
        Equal(
            TOps.Add16(TOps.And(a, half16), TOps.And(b, half16)),
            (a, b, _) => Sum<ushort>(a & 0x7FFF_3FFF_1234_0000, b & 0x7FFF_3FFF_1234_0000)
        );
        Equal(
            TOps.Add32(TOps.And(a, half32), TOps.And(b, half32)),
            (a, b, _) => Sum<uint>(a & 0x7FFF_FFFF_0000_1234, b & 0x7FFF_FFFF_0000_1234)
        );

        void Equal(TVector vector, Func<ulong, ulong, ulong, ulong> expected)
        {
            var stored = new byte[Unsafe.SizeOf<TVector>() + 1];
            TOps.Store(vector, ref stored[1]);
            ReadOnlySpan<ulong> operands = MemoryMarshal.Cast<byte, ulong>(numbers.AsSpan(1));
            for (int w = 0; w < words; w++)
            {
                Assert.Equal(
                    expected(operands[w], operands[words + w], operands[2 * words + w]),
                    MemoryMarshal.Cast<byte, ulong>(stored.AsSpan(1))[w]
                );
            }
        }

        TVector Filled(ulong word)
        {
            ulong[] filled = Build.Repeat(word, words);
            return TOps.Load(ref Unsafe.As<ulong, byte>(ref filled[0]));
        }
    }

    private static ulong Sum<T>(IEnumerable<ulong> addends)
        where T : unmanaged, System.Numerics.IBinaryInteger<T> => addends.Aggregate(Sum<T>);

    private static ulong Sum<T>(ulong a, ulong b)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ulong sum = 0;
        int bits = 8 * Unsafe.SizeOf<T>();
        for (int shift = 0; shift < 64; shift += bits)
        {
            sum |= ulong.CreateTruncating(T.CreateTruncating(a >> shift) + T.CreateTruncating(b >> shift)) << shift;
        }

        return sum;
    }
}
