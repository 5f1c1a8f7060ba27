namespace Onebit;

/// <summary>Arithmetic on 32-bit integers, and on pairs of 16-bit ones.</summary>
/// <typeparam name="TVector">The vector of 32-bit integers.</typeparam>
internal interface IIntegerOps<TVector>
    where TVector : struct
{
    /// <summary>Integers of a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Whether the processor has <see cref="AddByteProducts"/>.</summary>
    static abstract bool MultipliesBytes { get; }

    /// <summary>Whether <see cref="AddByteProducts"/> has 32-bit sums of four products, and not 16-bit sums of two.</summary>
    static abstract bool ByteProductsHave32Bits { get; }

    static abstract TVector Load(ref int source);

    static abstract void Store(TVector vector, ref int destination);

    /// <summary>Bytes as integers.</summary>
    static abstract TVector LoadBytes(ref byte source);

    static abstract TVector Fill(int value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, int factor);

    static abstract TVector ShiftLeft(TVector a, int count);

    static abstract TVector ShiftRight(TVector a, int count);

    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Max(TVector a, TVector b);

    /// <summary>Each lane's lower 16 bits of <paramref name="low"/>, and above them those of <paramref name="high"/>.</summary>
    static abstract TVector Pair(TVector low, TVector high);

    /// <summary>Adds the products of both pairs of 16-bit integers to each lane.</summary>
    static abstract TVector MultiplyAddPairs(TVector sum, TVector a, TVector b);

    /// <summary>
    /// Adds products of bytes: of each of <paramref name="codes"/>, 0 to 255, and of one of <paramref name="weights"/>, -1 to 1. Where
    /// sums have 16 bits, they may not overflow.
    /// </summary>
    static abstract TVector AddByteProducts(TVector sums, TVector codes, TVector weights);

    /// <summary>The sums of four products each that <see cref="AddByteProducts"/> gave, as 32-bit integers.</summary>
    static abstract TVector SumsOfProducts(TVector sums);

    /// <summary>The largest integer not above each quotient. Quotients are below 2^22, divisors above 0.</summary>
    static abstract TVector DivideDown(TVector numerators, TVector divisors);
}
