namespace Onebit.Tests;

/// <summary>Files written by hand.</summary>
internal static class FileBytes
{
    /// <summary>The example of docs/format.md, without its checksum.</summary>
    public const string Example = """
        31 42 49 54  01  01 02 02  01 80  04
        01 00  02 02 02 01 00 01  01 53
        02 01  02  00 01 01  02
        01 02  02 01 01 01 00 01  01 07
        07 03  01 02  02 02 02  09 03 05
        """;

    /// <summary>The second example of docs/format.md, without its checksum.</summary>
    public const string ConvolutionExample = """
        31 42 49 54  01  01 03 03  08 00  05
        01 00  02 02 02 01 00 01  01 53
        04 01  02 01
        0D 02  08 04 06 02  06 02 08  01 05 11 00
        01 03  02 01 01 01 00 01  01 07
        07 04  01 02  02 02 02  09 03 05
        """;

    public static byte[] Parse(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));

    public static byte[] WithChecksum(ReadOnlySpan<byte> content) => [.. content, .. BitConverter.GetBytes(Crc32C(content))];

    /// <summary>Bit by bit from the definition.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = crc % 2 == 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
            }
        }

        return crc ^ 0xFFFFFFFF;
    }
}
