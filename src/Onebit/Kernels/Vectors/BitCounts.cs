using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>How many bits of a number below 16 are 1, looked up for each byte of a vector.</summary>
internal static class BitCounts
{
    private static ReadOnlySpan<byte> Table =>
        [
            0,
            1,
            1,
            2,
            1,
            2,
            2,
            3,
            1,
            2,
            2,
            3,
            2,
            3,
            3,
            4,
            0,
            1,
            1,
            2,
            1,
            2,
            2,
            3,
            1,
            2,
            2,
            3,
            2,
            3,
            3,
            4,
            0,
            1,
            1,
            2,
            1,
            2,
            2,
            3,
            1,
            2,
            2,
            3,
            2,
            3,
            3,
            4,
            0,
            1,
            1,
            2,
            1,
            2,
            2,
            3,
            1,
            2,
            2,
            3,
            2,
            3,
            3,
            4,
        ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Of(Vector128<byte> numbers) =>
        Vector128.Shuffle(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Table)), numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Of(Vector256<byte> numbers) =>
        Avx2.IsSupported
            ? Avx2.Shuffle(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Table)), numbers)
            : Vector256.Create(Of(numbers.GetLower()), Of(numbers.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Of(Vector512<byte> numbers) =>
        Avx512BW.IsSupported
            ? Avx512BW.Shuffle(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(Table)), numbers)
            : Vector512.Create(Of(numbers.GetLower()), Of(numbers.GetUpper()));
}
