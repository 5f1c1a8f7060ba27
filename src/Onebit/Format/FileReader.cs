using System.Numerics;

namespace Onebit;

/// <summary>
/// The elements a <c>.onebit</c> file is made of, read strictly: what <see cref="FileWriter"/> would have written
/// differently is an <see cref="InvalidDataException"/>. No memory is taken before the bytes for it are there.
/// </summary>
internal ref struct FileReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    // An array whose entries are all equal takes no bits, so the remaining bytes alone do not bound its memory.
    private int _arrayEntries = ModelLimits.MaxArrayEntries;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(long count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException("The file ends too early.");
        }

        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Byte();
            // The tenth byte holds the 64th bit alone; a last byte of 0 would have been left out.
            if ((shift == 63 && next > 1) || (shift > 0 && next == 0))
            {
                throw new InvalidDataException("A number is not encoded in the shortest way.");
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    public int Size()
    {
        ulong value = Varint();
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException($"The size {value} is too large.");
    }

    public long[] Integers(int count)
    {
        ulong zigzag = Varint();
        long minimum = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        int width = Byte();
        if (width > 64)
        {
            throw new InvalidDataException($"Integers of {width} bits are too wide.");
        }

        ReadOnlySpan<byte> packed = Packed(count, width);
        var values = new long[count];
        ulong min = ulong.MaxValue,
            max = 0;
        for (int i = 0; i < count; i++)
        {
            ulong difference = PackedBits.Read(packed, (long)i * width, width);
            values[i] = minimum + (long)difference;
            min = Math.Min(min, difference);
            max = Math.Max(max, difference);
        }

        if (min != 0 || BitOperations.LeadingZeroCount(max) != 64 - width || max > (ulong)long.MaxValue - (ulong)minimum)
        {
            throw new InvalidDataException("An array of integers is not encoded in the shortest way.");
        }

        return values;
    }

    public int[] Integers32(int count)
    {
        long[] wide = Integers(count);
        var values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = wide[i] is >= int.MinValue and <= int.MaxValue
                ? (int)wide[i]
                : throw new InvalidDataException($"The number {wide[i]} does not fit into 32 bits.");
        }

        return values;
    }

    public bool[] Flags(int count)
    {
        ReadOnlySpan<byte> packed = Packed(count, 1);
        var flags = new bool[count];
        for (int i = 0; i < count; i++)
        {
            flags[i] = PackedBits.Read(packed, i, 1) == 1;
        }

        return flags;
    }

    /// <summary>Entries of an array of several per channel; no array takes more than all may.</summary>
    public static int Entries(int channels, int perChannel) => (int)Math.Min((long)channels * perChannel, int.MaxValue);

    /// <summary>The bytes of <paramref name="count"/> numbers of <paramref name="width"/> bits.</summary>
    private ReadOnlySpan<byte> Packed(int count, int width)
    {
        if (count == 0)
        {
            throw new InvalidDataException("An array is empty.");
        }

        if (count > _arrayEntries)
        {
            throw new InvalidDataException($"The file's arrays have more than {ModelLimits.MaxArrayEntries} entries.");
        }

        _arrayEntries -= count;
        long bits = (long)count * width;
        ReadOnlySpan<byte> packed = Bytes(PackedBits.Bytes(bits));
        if ((bits & 7) != 0 && packed[^1] >> (int)(bits & 7) != 0)
        {
            throw new InvalidDataException("Unused bits are not 0.");
        }

        return packed;
    }
}
