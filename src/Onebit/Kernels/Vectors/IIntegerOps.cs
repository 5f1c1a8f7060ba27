namespace Onebit;

/// <summary>Arithmetic on 32-bit integers, and on pairs of 16-bit ones.</summary>
/// <typeparam name="TVector">The vector of 32-bit integers.</typeparam>
internal interface IIntegerOps<TVector>
    where TVector : struct
{
    /// <summary>Integers of a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Whether the processor has <see cref="MultiplyBytes"/>.</summary>
    static abstract bool MultipliesBytes { get; }

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

    /// <summary>Adds 16-bit integers.</summary>
    static abstract TVector Add16(TVector a, TVector b);

    /// <summary>
    /// 16-bit sums of the products of each two bytes of <paramref name="codes"/>, 0 to 255, and of <paramref name="weights"/>, -1 to 1.
    /// </summary>
    static abstract TVector MultiplyBytes(TVector codes, TVector weights);

    /// <summary>The largest integer not above each quotient. Quotients are below 2^22, divisors above 0.</summary>
    static abstract TVector DivideDown(TVector numerators, TVector divisors);
}
