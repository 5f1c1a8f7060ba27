using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>8 integers. AVX2, or what .NET has in its place.</summary>
internal readonly struct Vector256Integers : IIntegerOps<Vector256<int>>
{
    public static int Lanes => Vector256<int>.Count;

    public static bool MultipliesBytes => Avx2.IsSupported;

    public static bool ByteProductsHave32Bits => AvxVnni.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(ref int source) => Vector256.LoadUnsafe(ref source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> vector, ref int destination) => vector.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadBytes(ref byte source) =>
        Vector256
            .WidenLower(
                Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte()).ToVector256Unsafe()
            )
            .AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Fill(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> a, Vector256<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Subtract(Vector256<int> a, Vector256<int> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<int> a, int factor) => a * factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> ShiftLeft(Vector256<int> a, int count) => a << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> ShiftRight(Vector256<int> a, int count) => a >> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Min(Vector256<int> a, Vector256<int> b) => Vector256.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Max(Vector256<int> a, Vector256<int> b) => Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Pair(Vector256<int> low, Vector256<int> high) => (low & Vector256.Create(0xFFFF)) | (high << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddPairs(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        AvxVnni.IsSupported ? AvxVnni.MultiplyWideningAndAdd(sum, a.AsInt16(), b.AsInt16())
        : Avx2.IsSupported ? sum + Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
        : sum + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddByteProducts(Vector256<int> sums, Vector256<int> codes, Vector256<int> weights) =>
        AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(sums, codes.AsByte(), weights.AsSByte())
            : (sums.AsInt16() + Avx2.MultiplyAddAdjacent(codes.AsByte(), weights.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SumsOfProducts(Vector256<int> sums) =>
        AvxVnni.IsSupported ? sums : Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> DivideDown(Vector256<int> numerators, Vector256<int> divisors)
    {
        // A quotient in float32 is off by less than 1, so the remainder tells. A comparison gives -1.
        Vector256<int> quotients = Vector256.ConvertToInt32(Vector256.ConvertToSingle(numerators) / Vector256.ConvertToSingle(divisors)),
            rest = numerators - quotients * divisors;
        return quotients + Vector256.LessThan(rest, Vector256<int>.Zero) - Vector256.GreaterThanOrEqual(rest, divisors);
    }
}
