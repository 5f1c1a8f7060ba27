using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit.Tests.Kernels;

/// <summary>The logic of one vector against that of 64-bit words, and of 16- and 32-bit integers.</summary>
public class WidthTests
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
    public void Width_64() => Check<Width64, ulong>();

    [Fact]
    public void Width_128() => Check<Width128, Vector128<ulong>>();

    [Fact]
    public void Width_256() => Check<Width256, Vector256<ulong>>();

    [Fact]
    public void Width_512() => Check<Width512, Vector512<ulong>>();

    [Fact]
    public void Bytes_of_128() => CheckTables<Width128, Vector128<ulong>>();

    [Fact]
    public void Bytes_of_256() => CheckTables<Width256, Vector256<ulong>>();

    [Fact]
    public void Bytes_of_512() => CheckTables<Width512, Vector512<ulong>>();

    /// <summary>Looking up, shifting and comparing bytes and 16-bit integers, against plain arithmetic.</summary>
    private static void CheckTables<TWidth, TVector>()
        where TWidth : struct, ITableWidth<TVector>
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
            table[i] = table[i & ((1 << TWidth.TableBits) - 1)];
            indices[i] = (byte)random.Next(1 << TWidth.TableBits);
        }

        Equal(TWidth.Lookup(ref table[0], TWidth.Load(ref indices[0])), i => table[indices[i]]);
        Equal(TWidth.ShiftLeft8(TWidth.Load(ref indices[0]), 2), i => (byte)(indices[i] << 2));
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(indices);
        ulong[] copies = words.ToArray();
        for (int start = 0; start < 49; start++)
        {
            int from = start;
            Equal(TWidth.Windows(TWidth.Load(ref indices[0]), start), i => (byte)(copies[i / 8] >> (from + i % 8)));
        }

        short[] a = [.. Enumerable.Range(0, bytes / 2).Select(_ => (short)random.Next(-9, 10))],
            b = [.. a.Select(x => (short)(x + random.Next(-2, 3)))];
        TVector evens = Vector(a),
            odds = Vector(b);
        EqualShorts(TWidth.EvenBytes(TWidth.Load(ref table[0])), i => table[2 * i]);
        EqualShorts(TWidth.OddBytes(TWidth.Load(ref table[0])), i => table[2 * i + 1]);
        EqualShorts(TWidth.Max16(evens, odds), i => Math.Max(a[i], b[i]));
        EqualShorts(TWidth.Subtract16(evens, odds), i => (short)(a[i] - b[i]));
        for (short least = -10; least <= 10; least++)
        {
            var bits = new byte[bytes / 8 + 1];
            TWidth.StoreAtLeast16(evens, least, ref bits[0]);
            Assert.All(a, (x, i) => Assert.Equal(x >= least ? 1 : 0, (bits[i / 8] >> (i & 7)) & 1));
            Assert.Equal(0, bits[bytes / 16]);
            TWidth.StoreAtLeast16(evens, odds, least, ref bits[0]);
            Assert.All(a, (x, i) => Assert.Equal(x >= least ? 1 : 0, (bits[i / 4] >> (2 * i & 7)) & 1));
            Assert.All(b, (x, i) => Assert.Equal(x >= least ? 1 : 0, (bits[i / 4] >> ((2 * i + 1) & 7)) & 1));
            Assert.Equal(0, bits[^1]);
        }

        var sums = new int[a.Length];
        TWidth.Store32(evens, false, ref sums[0]);
        Assert.Equal(a.Select(x => (int)x), sums);
        TWidth.Store32(odds, true, ref sums[0]);
        Assert.Equal(a.Zip(b, (x, y) => x + y), sums);

        TVector Vector(short[] integers) => TWidth.Load(ref Unsafe.As<short, byte>(ref integers[0]));

        void Equal(TVector vector, Func<int, byte> expected)
        {
            TWidth.Store(vector, ref stored[0]);
            Assert.All(stored, (x, i) => Assert.Equal(expected(i), x));
        }

        void EqualShorts(TVector vector, Func<int, short> expected)
        {
            TWidth.Store(vector, ref stored[0]);
            Assert.All(MemoryMarshal.Cast<byte, short>(stored).ToArray(), (x, i) => Assert.Equal(expected(i), x));
        }
    }

    private static void Check<TWidth, TVector>()
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        // At no multiple of a vector's length.
        int words = Unsafe.SizeOf<TVector>() / sizeof(ulong);
        var random = new Random(words);
        var numbers = new byte[3 * Unsafe.SizeOf<TVector>() + 1];
        random.NextBytes(numbers);
        TVector[] vectors = [.. Enumerable.Range(0, 3).Select(i => TWidth.Load(ref numbers[1 + i * Unsafe.SizeOf<TVector>()]))];
        (TVector a, TVector b, TVector c) = (vectors[0], vectors[1], vectors[2]);
        Equal(TWidth.And(a, b), (a, b, _) => a & b);
        Equal(TWidth.Or(a, b), (a, b, _) => a | b);
        Equal(TWidth.Xor(a, b), (a, b, _) => a ^ b);
        Equal(TWidth.Fill(0), (_, _, _) => 0);
        Equal(TWidth.Fill(1), (_, _, _) => ulong.MaxValue);
        Equal(TWidth.FillByte(0x5A), (_, _, _) => 0x5A5A5A5A5A5A5A5A);
        Equal(TWidth.PopCount8(a), (a, _, _) => Sum<byte>(Enumerable.Range(0, 8).Select(bit => (a >> bit) & 0x0101010101010101)));
        Equal(TWidth.FullAdd(a, b, c, out TVector carry), (a, b, c) => a ^ b ^ c);
        Equal(carry, (a, b, c) => (a & b) | (a & c) | (b & c));

        // Below half of their range they do not overflow.
        TVector half8 = Filled(0x7F3F_7F7F_1234_0000);
        Equal(
            TWidth.Add8(TWidth.And(a, half8), TWidth.And(b, half8)),
            (a, b, _) => Sum<byte>(a & 0x7F3F_7F7F_1234_0000, b & 0x7F3F_7F7F_1234_0000)
        );
        TVector half16 = Filled(0x7FFF_3FFF_1234_0000),
            half32 = Filled(0x7FFF_FFFF_0000_1234);
        Equal(
            TWidth.Add16(TWidth.And(a, half16), TWidth.And(b, half16)),
            (a, b, _) => Sum<ushort>(a & 0x7FFF_3FFF_1234_0000, b & 0x7FFF_3FFF_1234_0000)
        );
        Equal(
            TWidth.Add32(TWidth.And(a, half32), TWidth.And(b, half32)),
            (a, b, _) => Sum<uint>(a & 0x7FFF_FFFF_0000_1234, b & 0x7FFF_FFFF_0000_1234)
        );

        void Equal(TVector vector, Func<ulong, ulong, ulong, ulong> expected)
        {
            var stored = new byte[Unsafe.SizeOf<TVector>() + 1];
            TWidth.Store(vector, ref stored[1]);
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
            return TWidth.Load(ref Unsafe.As<ulong, byte>(ref filled[0]));
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
