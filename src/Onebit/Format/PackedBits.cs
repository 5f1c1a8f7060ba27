namespace Onebit;

/// <summary>Numbers of any width in a span of bytes, one after another, the lowest bit of a byte first.</summary>
internal static class PackedBits
{
    /// <summary>Bytes that <paramref name="bits"/> bits take.</summary>
    public static long Bytes(long bits) => (bits + 7) / 8;

    /// <summary>The number of <paramref name="width"/> bits, 0 to 64, that begins at bit <paramref name="start"/>.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes, long start, int width)
    {
        ulong value = 0;
        int done = 0;
        while (done < width)
        {
            int within = (int)((start + done) & 7);
            value |= (ulong)(bytes[(int)((start + done) >> 3)] >> within) << done;
            done += 8 - within;
        }

        return width == 64 ? value : value & ((1UL << width) - 1);
    }

    /// <summary>Puts a number of <paramref name="width"/> bits where there were zeros.</summary>
    public static void Write(Span<byte> bytes, long start, int width, ulong value)
    {
        int done = 0;
        while (done < width)
        {
            int within = (int)((start + done) & 7);
            bytes[(int)((start + done) >> 3)] |= (byte)(value >> done << within);
            done += 8 - within;
        }
    }
}
