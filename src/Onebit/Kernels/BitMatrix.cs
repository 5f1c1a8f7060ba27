namespace Onebit;

/// <summary>Transposing bits and bytes.</summary>
internal static class BitMatrix
{
    /// <summary>Transposes 8 x 8 bits, byte by byte, the lowest bit first (Warren, Hacker's Delight, section 7-3).</summary>
    public static ulong Transpose(ulong rows)
    {
        ulong swap = (rows ^ (rows >> 7)) & 0x00AA00AA00AA00AA;
        rows ^= swap ^ (swap << 7);
        swap = (rows ^ (rows >> 14)) & 0x0000CCCC0000CCCC;
        rows ^= swap ^ (swap << 14);
        swap = (rows ^ (rows >> 28)) & 0x00000000F0F0F0F0;
        return rows ^ swap ^ (swap << 28);
    }
}
