namespace Onebit;

/// <summary>Look-ups in tables of bytes, and the arithmetic on bytes and 16-bit integers that goes with them. From 128 bits on.</summary>
internal interface ILookupOps<TVector> : IVectorOps<TVector>
    where TVector : struct
{
    /// <summary>Bits of an index.</summary>
    static abstract int TableBits { get; }

    /// <summary>
    /// For each byte the entry of a table, which has as many bytes as a vector. Where an index has fewer bits, the table repeats.
    /// </summary>
    static abstract TVector Lookup(ref byte table, TVector indices);

    /// <summary>For each byte, below 32, the entry of a table of 32 bytes. Another 32 bytes are behind it: the same ones.</summary>
    static abstract TVector Lookup32(ref byte table, TVector indices);

    /// <summary>The smaller of each two bytes.</summary>
    static abstract TVector Min8(TVector a, TVector b);

    /// <summary>Subtracts bytes.</summary>
    static abstract TVector Subtract8(TVector a, TVector b);

    /// <summary>1 for each byte of <paramref name="a"/> that is above the one of <paramref name="b"/>, 0 elsewhere.</summary>
    static abstract TVector Above8(TVector a, TVector b);

    /// <summary>
    /// Byte j of each 64-bit word becomes the word's eight bits from <paramref name="start"/> + j on. All are within the word.
    /// </summary>
    static abstract TVector Windows(TVector words, int start);

    /// <summary>Shifts bytes that lose no bit.</summary>
    static abstract TVector ShiftLeft8(TVector bytes, int count);

    /// <summary>Bytes as 16-bit integers, half as many as a vector has.</summary>
    static abstract TVector LoadBytes(ref byte source);

    /// <summary>The same 16-bit integer, over and over.</summary>
    static abstract TVector Fill16(short value);

    /// <summary>The same 32-bit integer, over and over.</summary>
    static abstract TVector Fill32(int value);

    /// <summary>Bytes 0, 2, 4 ... as 16-bit integers.</summary>
    static abstract TVector EvenBytes(TVector bytes);

    /// <summary>Bytes 1, 3, 5 ... as 16-bit integers.</summary>
    static abstract TVector OddBytes(TVector bytes);

    /// <summary>
    /// Stores one bit per 16-bit integer: 1 where it is at least <paramref name="threshold"/>. Integers at even places are in one
    /// vector, those at odd places in the other.
    /// </summary>
    static abstract void StoreAtLeast16(TVector even, TVector odd, short threshold, ref byte bits);

    /// <summary>The larger of each two 16-bit integers.</summary>
    static abstract TVector Max16(TVector a, TVector b);

    /// <summary>Subtracts 16-bit integers that do not overflow.</summary>
    static abstract TVector Subtract16(TVector a, TVector b);

    /// <summary>16-bit integers as 32-bit ones: the first half and the second.</summary>
    static abstract (TVector Low, TVector High) Widen16(TVector integers);

    /// <summary>The larger of each two 32-bit integers.</summary>
    static abstract TVector Max32(TVector a, TVector b);

    /// <summary>Stores 32-bit integers of two vectors as codes of 8 bits, see <see cref="AffineCodes"/>.</summary>
    static abstract void StoreCodes(TVector low, TVector high, int multiplier, int offset, int shift, ref byte codes);

    /// <summary>Stores 16-bit integers as codes of 8 bits, see <see cref="AffineCodes"/>.</summary>
    static abstract void StoreCodes(TVector integers, int multiplier, int offset, int shift, ref byte codes);
}
