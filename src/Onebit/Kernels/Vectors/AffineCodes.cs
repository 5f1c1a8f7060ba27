using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Codes of 8 bits, <c>clamp((multiplier * x + offset) >> shift, 0, 255)</c>, where all fits into 32 bits.</summary>
internal static class AffineCodes
{
    /// <summary>Sixteen codes of 8 bits in 32-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Sixteen(Vector512<int> x, int multiplier, int offset, int shift)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<int> scaled = (x * multiplier + Vector512.Create(offset)) >> shift;
            return Avx512F.ConvertToVector128ByteWithSaturation(Vector512.Max(scaled, Vector512<int>.Zero).AsUInt32());
        }

        return Sixteen(x.GetLower(), x.GetUpper(), multiplier, offset, shift);
    }

    /// <summary>Sixteen codes of 8 bits in 32-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Sixteen(Vector256<int> low, Vector256<int> high, int multiplier, int offset, int shift)
    {
        Vector256<ushort> halves = Vector256.Narrow(
            Eight(low, multiplier, offset, shift).AsUInt32(),
            Eight(high, multiplier, offset, shift).AsUInt32()
        );
        return Vector128.Narrow(halves.GetLower(), halves.GetUpper());

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<int> Eight(Vector256<int> x, int multiplier, int offset, int shift)
        {
            Vector256<int> scaled = (x * multiplier + Vector256.Create(offset)) >> shift;
            return Vector256.Min(Vector256.Max(scaled, Vector256<int>.Zero), Vector256.Create((int)byte.MaxValue));
        }
    }
}
