namespace Onebit.Export;

/// <summary>How elements of a value or entries of a table are stored.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Bytes">Bytes of one, or of a word of bits.</param>
/// <param name="IsBits">One bit each, in words of 32 bits, lowest bit first.</param>
internal sealed record CType(string Name, int Bytes, bool IsBits = false)
{
    public static readonly CType Bits = new("uint32_t", sizeof(uint), IsBits: true),
        UInt8 = new("uint8_t", sizeof(byte)),
        UInt16 = new("uint16_t", sizeof(ushort)),
        UInt32 = new("uint32_t", sizeof(uint)),
        Int8 = new("int8_t", sizeof(sbyte)),
        Int16 = new("int16_t", sizeof(short)),
        Int32 = new("int32_t", sizeof(int)),
        Int64 = new("int64_t", sizeof(long));

    private const int WordBits = 32;

    /// <summary>The smallest type for all integers of a range.</summary>
    public static CType Of(long minimum, long maximum)
    {
        (CType Type, long Low, long High)[] types =
        [
            (UInt8, 0, byte.MaxValue),
            (Int8, sbyte.MinValue, sbyte.MaxValue),
            (UInt16, 0, ushort.MaxValue),
            (Int16, short.MinValue, short.MaxValue),
            (Int32, int.MinValue, int.MaxValue),
        ];
        return types.FirstOrDefault(t => minimum >= t.Low && maximum <= t.High).Type ?? Int64;
    }

    /// <summary>How the elements of a value are stored.</summary>
    public static CType Of(ValueInfo value) =>
        value.Kind == ElementKind.Signs || value is { Kind: ElementKind.Codes, Bits: 1 } ? Bits : Of(value.Minimum, value.Maximum);

    /// <summary>Length of the array that holds so many elements.</summary>
    public int Length(int elements) => IsBits ? Words(elements) : elements;

    /// <summary>Words that so many bits take.</summary>
    public static int Words(int bits) => (int)(((long)bits + WordBits - 1) / WordBits);
}
