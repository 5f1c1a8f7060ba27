namespace Onebit;

/// <summary>
/// The one primitive of all kernels: <b>the sum of some planes</b>. A plane holds one number for each of many lanes (a
/// bit, or an integer); which planes are summed is a list of offsets, the same for all lanes. Lanes are the images of a
/// batch, the positions of a convolution's output or, where the roles of weights and inputs are exchanged, the outputs
/// of a dense layer. A sum lies in a accumulator of scratch memory.
/// </summary>
internal interface ILanes
{
    /// <summary>Lanes that are summed at once.</summary>
    static abstract int Lanes { get; }

    /// <summary>Bytes of so many lanes of a plane.</summary>
    static abstract int PlaneBytes { get; }

    /// <summary>Bytes of an accumulator that takes sums of up to <paramref name="planes"/> planes.</summary>
    static abstract int AccumulatorBytes(int planes);

    /// <summary>Sums the planes that begin at these byte offsets.</summary>
    static abstract void Sum(ref byte planes, ReadOnlySpan<int> offsets, ref byte accumulator);

    /// <summary>
    /// Adds the accumulator <paramref name="other"/>, a sum of <paramref name="otherPlanes"/> planes, to a sum of <paramref name="planes"/>.
    /// </summary>
    static abstract void Add(ref byte accumulator, int planes, ref byte other, int otherPlanes);

    /// <summary>
    /// Makes a sum of all <paramref name="planes"/> planes ready to be subtracted by <see cref="AtLeast"/>; in place.
    /// </summary>
    static abstract void PrepareTotal(ref byte accumulator, int planes);

    /// <summary>
    /// One bit a lane: <c>2 positive - total >= threshold</c>. Written to or, where <paramref name="accumulate"/>, ORed into
    /// <paramref name="bits"/>.
    /// </summary>
    /// <param name="positive">An accumulator with the sum of <paramref name="positives"/> of the planes.</param>
    /// <param name="positives">How many.</param>
    /// <param name="total">What <see cref="PrepareTotal"/> made of the sum of all planes.</param>
    /// <param name="planes">How many planes there are.</param>
    /// <param name="threshold">Any integer.</param>
    /// <param name="bits"><see cref="Lanes"/> bits.</param>
    /// <param name="accumulate">OR instead of write.</param>
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
