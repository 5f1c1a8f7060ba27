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
        Equal(TWidth.FullAdd(a, b, c, out TVector carry), (a, b, c) => a ^ b ^ c);
        Equal(carry, (a, b, c) => (a & b) | (a & c) | (b & c));
        Equal(TWidth.Majority(a, b, c), (a, b, c) => (a & b) | (a & c) | (b & c));

        // Below half of their range they do not overflow.
        TVector half16 = Filled(0x7FFF_3FFF_1234_0000), half32 = Filled(0x7FFF_FFFF_0000_1234);
        Equal(TWidth.Add16(TWidth.And(a, half16), TWidth.And(b, half16)), (a, b, _) => Sum<ushort>(a & 0x7FFF_3FFF_1234_0000, b & 0x7FFF_3FFF_1234_0000));
        Equal(TWidth.Add32(TWidth.And(a, half32), TWidth.And(b, half32)), (a, b, _) => Sum<uint>(a & 0x7FFF_FFFF_0000_1234, b & 0x7FFF_FFFF_0000_1234));

        void Equal(TVector vector, Func<ulong, ulong, ulong, ulong> expected)
        {
            var stored = new byte[Unsafe.SizeOf<TVector>() + 1];
            TWidth.Store(vector, ref stored[1]);
            ReadOnlySpan<ulong> operands = MemoryMarshal.Cast<byte, ulong>(numbers.AsSpan(1));
            for (int w = 0; w < words; w++)
            {
                Assert.Equal(expected(operands[w], operands[words + w], operands[2 * words + w]), MemoryMarshal.Cast<byte, ulong>(stored.AsSpan(1))[w]);
            }
        }

        TVector Filled(ulong word)
        {
            ulong[] filled = Build.Repeat(word, words);
            return TWidth.Load(ref Unsafe.As<ulong, byte>(ref filled[0]));
        }
    }

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
