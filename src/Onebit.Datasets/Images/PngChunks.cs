using System.Buffers.Binary;

namespace Onebit.Datasets;

/// <summary>The chunks of a PNG file, for what its decoder does not give.</summary>
internal static class PngChunks
{
    private const int Signature = 8,
        AroundData = 12;

    /// <summary>The data of the first chunk of a type; empty where there is none.</summary>
    public static ReadOnlySpan<byte> First(ReadOnlySpan<byte> file, ReadOnlySpan<byte> type)
    {
        for (int at = Signature; Length(file, at) is { } length; at += AroundData + length)
        {
            if (file.Slice(at + 4, 4).SequenceEqual(type))
            {
                return file.Slice(at + 8, length);
            }
        }

        return [];
    }

    /// <summary>The data of all chunks of a type, one after the other.</summary>
    public static MemoryStream Join(ReadOnlySpan<byte> file, ReadOnlySpan<byte> type)
    {
        var joined = new MemoryStream();
        for (int at = Signature; Length(file, at) is { } length; at += AroundData + length)
        {
            if (file.Slice(at + 4, 4).SequenceEqual(type))
            {
                joined.Write(file.Slice(at + 8, length));
            }
        }

        joined.Position = 0;
        return joined;
    }

    /// <summary>Bytes of data of the chunk that begins at a place; null: there is no whole one.</summary>
    private static int? Length(ReadOnlySpan<byte> file, int at) =>
        file.Length - at >= AroundData
        && BinaryPrimitives.ReadUInt32BigEndian(file[at..]) is var length
        && length <= file.Length - at - AroundData
            ? (int)length
            : null;
}
