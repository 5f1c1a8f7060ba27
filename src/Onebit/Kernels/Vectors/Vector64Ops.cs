using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>64 lanes in a general register. Runs everywhere.</summary>
internal readonly struct Vector64Ops : IVectorOps<ulong>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ref byte source) => Unsafe.ReadUnaligned<ulong>(ref source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong vector, ref byte destination) => Unsafe.WriteUnaligned(ref destination, vector);

    public static ulong Fill(int bit) => (ulong)-(long)bit;

    public static ulong FillByte(byte bits) => bits * 0x0101010101010101UL;

    public static ulong And(ulong a, ulong b) => a & b;

    public static ulong Or(ulong a, ulong b) => a | b;

    public static ulong Xor(ulong a, ulong b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FullAdd(ulong a, ulong b, ulong c, out ulong carry)
    {
        ulong either = a ^ b;
        carry = (a & b) | (either & c);
        return either ^ c;
    }

    /// <summary>Pairs of bits, of pairs, of nibbles (Warren, Hacker's Delight, section 5-1).</summary>
    public static ulong PopCount8(ulong bytes)
    {
        bytes -= (bytes >> 1) & 0x5555555555555555;
        bytes = (bytes & 0x3333333333333333) + ((bytes >> 2) & 0x3333333333333333);
        return (bytes + (bytes >> 4)) & 0x0F0F0F0F0F0F0F0F;
    }

    // No element overflows, so no carry reaches the next one.
    public static ulong Add8(ulong a, ulong b) => a + b;

    public static ulong Add16(ulong a, ulong b) => a + b;

    public static ulong Add32(ulong a, ulong b) => a + b;
}
