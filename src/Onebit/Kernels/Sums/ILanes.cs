namespace Onebit;

/// <summary>
/// The primitive of most kernels: <b>the sum of some planes</b>. A plane holds one number, a bit or an integer, for each of many lanes. A
/// list of offsets says which planes are summed. It is the same for all lanes. Lanes are the images of a batch or the positions of a
/// convolution's output. Where weights and inputs exchange their roles, they are the outputs of a dense layer. A sum lies in an
/// accumulator: a part of scratch memory.
/// </summary>
internal interface ILanes
{
    /// <summary>Lanes that are summed at once.</summary>
    static abstract int Lanes { get; }

    /// <summary>Bytes of these lanes of a plane.</summary>
    static abstract int PlaneBytes { get; }

    /// <summary>Bytes of an accumulator for sums of at most <paramref name="planes"/> planes.</summary>
    static abstract int AccumulatorBytes(int planes);

    /// <summary>Sums the planes that begin at these byte offsets.</summary>
    static abstract void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte accumulator);

    /// <summary>
    /// Adds the accumulator <paramref name="other"/>, a sum of <paramref name="otherPlanes"/> planes, to one of
    /// <paramref name="planes"/> planes.
    /// </summary>
    static abstract void Add(ref byte accumulator, int planes, ref byte other, int otherPlanes);

    /// <summary>
    /// Prepares a sum of all <paramref name="planes"/> planes, in place, for <see cref="AtLeast"/>, which subtracts it.
    /// </summary>
    static abstract void PrepareTotal(ref byte accumulator, int planes);

    /// <summary>
    /// One bit per lane: <c>2 positive - total >= threshold</c>.
    /// </summary>
    /// <param name="positive">An accumulator with the sum of <paramref name="positives"/> of the planes.</param>
    /// <param name="positives">The number of these planes.</param>
    /// <param name="total">What <see cref="PrepareTotal"/> made of the sum of all planes.</param>
    /// <param name="planes">The number of all planes.</param>
    /// <param name="threshold">Any integer.</param>
    /// <param name="bits">Receives <see cref="Lanes"/> bits.</param>
    /// <param name="accumulate">Whether to OR the bits into those that are there.</param>
    static abstract void AtLeast(
        ref byte positive,
        int positives,
        ref byte total,
        int planes,
        int threshold,
        ref byte bits,
        bool accumulate
    );

    /// <summary>The sums of an accumulator as integers.</summary>
    static abstract void ToIntegers(ref byte accumulator, int planes, Span<int> integers);
}
