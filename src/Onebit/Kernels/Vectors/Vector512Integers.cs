using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>16 integers. AVX-512, or what .NET has in its place.</summary>
internal readonly struct Vector512Integers : IIntegerOps<Vector512<int>>
{
    public static int Lanes => Vector512<int>.Count;

    public static bool MultipliesBytes => Avx512BW.IsSupported;

    public static bool ByteProductsHave32Bits => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(ref int source) => Vector512.LoadUnsafe(ref source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> vector, ref int destination) => vector.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadBytes(ref byte source) =>
        Vector512.WidenLower(Vector256.WidenLower(Vector128.LoadUnsafe(ref source).ToVector256Unsafe()).ToVector512Unsafe()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Fill(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> a, Vector512<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Subtract(Vector512<int> a, Vector512<int> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Multiply(Vector512<int> a, int factor) => a * factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> ShiftLeft(Vector512<int> a, int count) => a << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> ShiftRight(Vector512<int> a, int count) => a >> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Min(Vector512<int> a, Vector512<int> b) => Vector512.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Max(Vector512<int> a, Vector512<int> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Pair(Vector512<int> low, Vector512<int> high) => (low & Vector512.Create(0xFFFF)) | (high << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddPairs(Vector512<int> sum, Vector512<int> a, Vector512<int> b) =>
        Avx512BW.IsSupported
            ? sum + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
            : sum + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddByteProducts(Vector512<int> sums, Vector512<int> codes, Vector512<int> weights) =>
        (sums.AsInt16() + Avx512BW.MultiplyAddAdjacent(codes.AsByte(), weights.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> SumsOfProducts(Vector512<int> sums) => Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DivideDown(Vector512<int> numerators, Vector512<int> divisors)
    {
        // A quotient in float32 is off by less than 1, so the remainder tells. A comparison gives -1.
        Vector512<int> quotients = Vector512.ConvertToInt32(Vector512.ConvertToSingle(numerators) / Vector512.ConvertToSingle(divisors)),
            rest = numerators - quotients * divisors;
        return quotients + Vector512.LessThan(rest, Vector512<int>.Zero) - Vector512.GreaterThanOrEqual(rest, divisors);
    }
}
