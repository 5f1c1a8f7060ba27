using System.Numerics;

namespace Onebit;

/// <summary>What operations share that compute <c>multipliers[channel] * x + offsets[channel]</c> in 64-bit integers.</summary>
internal static class ChannelAffine
{
    private const string NotShortest = "Offsets are not encoded in the shortest way.";

    /// <summary>The range over all channels, which must not leave 64 bits.</summary>
    public static (long Minimum, long Maximum) Infer(
        ValueInfo x,
        ReadOnlySpan<int> multipliers,
        ReadOnlySpan<long> offsets,
        int shift,
        ModelCheck check
    )
    {
        check.CountEntries(x, multipliers.Length);
        check.CountEntries(x, offsets.Length);
        check.Require(shift is >= 0 and <= 62, $"a shift is 0 to 62, not {shift}");
        Int128 minimum = Int128.MaxValue,
            maximum = Int128.MinValue;
        for (int c = 0; c < multipliers.Length; c++)
        {
            // A 32-bit multiplier times a 32-bit value always fits into 64 bits; the offset may break out.
            long one = (long)multipliers[c] * x.Minimum,
                two = (long)multipliers[c] * x.Maximum;
            minimum = Int128.Min(minimum, (Int128)Math.Min(one, two) + offsets[c]);
            maximum = Int128.Max(maximum, (Int128)Math.Max(one, two) + offsets[c]);
        }

        check.Require(minimum >= long.MinValue && maximum <= long.MaxValue, "multiplier * value + offset can leave 64-bit integers");
        return ((long)minimum, (long)maximum);
    }

    /// <summary>Bits of a signed integer that holds every product and, with its offset added, every sum.</summary>
    public static int Bits(ValueInfo x, ReadOnlySpan<int> multipliers, ReadOnlySpan<long> offsets)
    {
        int bits = 1;
        for (int c = 0; c < multipliers.Length; c++)
        {
            long one = (long)multipliers[c] * x.Minimum,
                two = (long)multipliers[c] * x.Maximum;
            bits = Math.Max(bits, ValueInfo.SignedBits(one, two));
            bits = Math.Max(bits, ValueInfo.SignedBits(one + offsets[c], two + offsets[c]));
        }

        return bits;
    }

    /// <summary>
    /// How many lowest bits are 0 in all offsets and left out of a file. Fewer than four are not worth a kind of their
    /// own and count as none, and so do offsets that are all 0.
    /// </summary>
    public static int TrailingZeroBits(ReadOnlySpan<long> offsets)
    {
        long bits = 0;
        foreach (long offset in offsets)
        {
            bits |= offset;
        }

        int zeros = BitOperations.TrailingZeroCount(bits);
        return zeros is >= 4 and < 64 ? zeros : 0;
    }

    /// <summary>The shift, the number of trailing zero bits unless it is 0, the channels, multipliers and offsets.</summary>
    public static void Write(FileWriter writer, ReadOnlySpan<int> multipliers, ReadOnlySpan<long> offsets, int shift, int zeroBits)
    {
        writer.Byte((byte)shift);
        if (zeroBits > 0)
        {
            writer.Byte((byte)zeroBits);
        }

        writer.Size(multipliers.Length);
        writer.Integers(multipliers);
        long[] shifted = offsets.ToArray();
        foreach (ref long offset in shifted.AsSpan())
        {
            offset >>= zeroBits;
        }

        writer.Integers(shifted);
    }

    /// <summary>
    /// Reads what <see cref="Write"/> has written. The offsets must have the trailing zero bits that were left out, and no more.
    /// </summary>
    public static (int[] Multipliers, long[] Offsets, int Shift) Read(ref FileReader reader, bool trailingZeroBits)
    {
        int shift = reader.Byte(),
            zeroBits = trailingZeroBits ? reader.Byte() : 0;
        if (trailingZeroBits && zeroBits == 0)
        {
            throw new InvalidDataException(NotShortest);
        }

        int channels = reader.Size();
        int[] multipliers = reader.Integers32(channels);
        long[] offsets = reader.Integers(channels);
        foreach (ref long offset in offsets.AsSpan())
        {
            long whole = offset << zeroBits;
            offset = whole >> zeroBits == offset ? whole : throw new InvalidDataException("An offset does not fit into 64 bits.");
        }

        return TrailingZeroBits(offsets) == zeroBits ? (multipliers, offsets, shift) : throw new InvalidDataException(NotShortest);
    }
}
