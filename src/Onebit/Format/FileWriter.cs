using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Onebit;

/// <summary>The elements a <c>.onebit</c> file is made of; <see cref="FileReader"/> is its mirror.</summary>
internal sealed class FileWriter
{
    private readonly ArrayBufferWriter<byte> _written = new();

    public int Length => _written.WrittenCount;

    public void Byte(byte value) => Bytes([value]);

    public void Bytes(ReadOnlySpan<byte> bytes) => _written.Write(bytes);

    /// <summary>Seven bits per byte, lowest first; the top bit says that more follow.</summary>
    public void Varint(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    public void Size(int value) => Varint((ulong)value);

    /// <summary>The smallest entry (zigzag varint), the bits of the largest difference (byte), the differences.</summary>
    public void Integers(ReadOnlySpan<long> values)
    {
        long minimum = long.MaxValue,
            maximum = long.MinValue;
        foreach (long value in values)
        {
            minimum = Math.Min(minimum, value);
            maximum = Math.Max(maximum, value);
        }

        int width = 64 - BitOperations.LeadingZeroCount((ulong)(maximum - minimum));
        Varint((ulong)((minimum << 1) ^ (minimum >> 63)));
        Byte((byte)width);
        var packed = new byte[PackedBits.Bytes((long)values.Length * width)];
        for (int i = 0; i < values.Length; i++)
        {
            PackedBits.Write(packed, (long)i * width, width, (ulong)(values[i] - minimum));
        }

        Bytes(packed);
    }

    public void Integers(ReadOnlySpan<int> values)
    {
        var wide = new long[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        Integers(wide);
    }

    public void Flags(ReadOnlySpan<bool> flags)
    {
        var packed = new byte[PackedBits.Bytes(flags.Length)];
        for (int i = 0; i < flags.Length; i++)
        {
            PackedBits.Write(packed, i, 1, flags[i] ? 1UL : 0);
        }

        Bytes(packed);
    }

    /// <summary>Ends the file with the checksum of all that was written.</summary>
    public byte[] Finish()
    {
        Span<byte> checksum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Of(_written.WrittenSpan));
        Bytes(checksum);
        return _written.WrittenSpan.ToArray();
    }
}
