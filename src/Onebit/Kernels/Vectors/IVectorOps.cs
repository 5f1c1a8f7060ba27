namespace Onebit;

/// <summary>Bitwise logic and addition on one vector of any width. The kernels are written in these.</summary>
/// <typeparam name="TVector">The vector: <see cref="ulong"/>, or a vector of 64-bit elements.</typeparam>
internal interface IVectorOps<TVector>
    where TVector : struct
{
    static abstract TVector Load(ref byte source);

    static abstract void Store(TVector vector, ref byte destination);

    /// <summary>The same bit, 0 or 1, in every lane.</summary>
    static abstract TVector Fill(int bit);

    /// <summary>The same eight bits, over and over.</summary>
    static abstract TVector FillByte(byte bits);

    static abstract TVector And(TVector a, TVector b);

    static abstract TVector Or(TVector a, TVector b);

    static abstract TVector Xor(TVector a, TVector b);

    /// <summary>Adds three bits in every lane. It returns the low bit of the sum. The carry is the high bit.</summary>
    static abstract TVector FullAdd(TVector a, TVector b, TVector c, out TVector carry);

    /// <summary>How many bits of each byte are 1.</summary>
    static abstract TVector PopCount8(TVector bytes);

    /// <summary>Adds bytes that do not overflow.</summary>
    static abstract TVector Add8(TVector a, TVector b);

    /// <summary>Adds 16-bit integers that do not overflow.</summary>
    static abstract TVector Add16(TVector a, TVector b);

    /// <summary>Adds 32-bit integers that do not overflow.</summary>
    static abstract TVector Add32(TVector a, TVector b);
}
