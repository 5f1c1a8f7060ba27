using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Onebit.Datasets;

/// <summary>
/// The array of unsigned bytes that an IDX file holds: two zero bytes, the type, the number of dimensions, the size of
/// each as a big-endian 32-bit number, then the elements, last dimension fastest.
/// </summary>
internal sealed class IdxArray
{
    private const byte UnsignedByte = 0x08;
    private const int MaxSide = 4096;
    private const int FirstChunk = 1 << 16;

    // What gzip may make of a file: images grow 5 times, sorted labels up to 1,000 times, a made-up file as much and takes all memory.
    private const int MaxGrowth = 100;
    private const long AlwaysAllowed = 1 << 26;

    public IdxArray(ReadOnlyMemory<byte> elements, params int[] sizes)
    {
        Elements = elements;
        Sizes = sizes;
    }

    public ReadOnlyMemory<byte> Elements { get; }

    public IReadOnlyList<int> Sizes { get; }

    /// <summary>SHA-256 of the unzipped file, in lower-case hexadecimal.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Header());
        hash.AppendData(Elements.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Write(Stream stream)
    {
        stream.Write(Header());
        stream.Write(Elements.Span);
    }

    /// <summary>Reads labels (one dimension) or images (three, or four with channels) to the stream's end.</summary>
    /// <param name="stream">Can seek; gzipped or not.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="images">Whether images are expected, or labels.</param>
    /// <exception cref="DatasetException">It is anything but one whole, well-formed array of that kind.</exception>
    public static IdxArray Read(Stream stream, string name, bool images)
    {
        long start = stream.Position;
        Span<byte> first = stackalloc byte[2];
        bool gzipped = stream.ReadAtLeast(first, 2, throwOnEndOfStream: false) == 2 && first[0] == 0x1F && first[1] == 0x8B;
        stream.Position = start;
        if (!gzipped)
        {
            return ReadUnzipped(stream, name, images, stream.Length - start, long.MaxValue);
        }
        IdxArray array;
        try
        {
            using var unzipped = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            array = ReadUnzipped(unzipped, name, images, fileLength: null, Math.Max(AlwaysAllowed, MaxGrowth * (stream.Length - start)));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(name, "its gzip data does not unpack", e);
        }
        // GZipStream accepts a file cut off within its last eight bytes, unchecked, and ignores what follows them. They hold the
        // CRC-32 and the length of the last member; a file may have several.
        Span<byte> end = stackalloc byte[10];
        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        Span<byte> last = end[2..];
        byte[] header = array.Header();
        long member = BinaryPrimitives.ReadUInt32LittleEndian(last[4..]),
            inElements = Math.Min(member, array.Elements.Length),
            inHeader = member - inElements;
        var crc = new Crc32();
        crc.Append(header.AsSpan(header.Length - (int)Math.Min(inHeader, header.Length)));
        crc.Append(array.Elements.Span[^(int)inElements..]);
        // A member of no data has a packed form; zeros alone were added.
        bool added = member == 0 && !end.StartsWith((ReadOnlySpan<byte>)[0x03, 0x00]) && !end.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFF]);
        if (added || inHeader > header.Length || crc.GetCurrentHashAsUInt32() != BinaryPrimitives.ReadUInt32LittleEndian(last))
        {
            throw Damaged(name, "its gzip data is cut off, or something follows it");
        }

        return array;
    }

    private static IdxArray ReadUnzipped(Stream stream, string name, bool images, long? fileLength, long maxLength)
    {
        Span<byte> magic = stackalloc byte[4];
        if (stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || magic[0] != 0 || magic[1] != 0)
        {
            throw new DatasetException($"{name} is not an IDX file, gzipped or not; give one that is.");
        }
        if (magic[2] != UnsignedByte)
        {
            throw new DatasetException($"{name} holds elements of IDX type 0x{magic[2]:X2}; only unsigned bytes (0x08) can be read.");
        }
        int rank = magic[3];
        if (images ? rank is not (3 or 4) : rank != 1)
        {
            throw new DatasetException(
                images
                    ? $"{name} has {rank} dimensions; give images with 3 (count, height, width) or 4 (count, channels, height, width)."
                    : $"{name} has {rank} dimensions; give labels with 1."
            );
        }
        Span<byte> sizeBytes = stackalloc byte[sizeof(uint) * rank];
        if (stream.ReadAtLeast(sizeBytes, sizeBytes.Length, throwOnEndOfStream: false) < sizeBytes.Length)
        {
            throw Damaged(name, "it ends within its header");
        }
        var sizes = new int[rank];
        long length = 1;
        for (int i = 0; i < rank; i++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(sizeBytes[(sizeof(uint) * i)..]);
            // At most 2^31 times 2^32: the product fits in 64 bits, and is checked before the next factor.
            length *= size;
            if (size == 0 || (i > 0 && size > MaxSide) || length > Array.MaxLength)
            {
                throw new DatasetException(
                    $"{name} gives {size} as its size {i + 1} of {rank}; "
                        + $"an image has 1 to {MaxSide} channels, rows and columns, and a file 1 to {Array.MaxLength} elements."
                );
            }
            sizes[i] = (int)size;
        }
        long announced = HeaderLength(rank) + length;
        if (fileLength is { } known && known != announced)
        {
            throw Damaged(name, $"it is {known} bytes long and its header announces {announced}");
        }
        if (announced > maxLength)
        {
            throw new DatasetException(
                $"{name} grows to {announced} bytes, more than {MaxGrowth} times its own length; unzip it first if that is right."
            );
        }
        // Where the length is not known beforehand, memory is taken as data arrives, not on the header's word.
        var elements = new byte[fileLength is null ? Math.Min(length, FirstChunk) : length];
        int read = 0;
        while (true)
        {
            read += stream.ReadAtLeast(elements.AsSpan(read), elements.Length - read, throwOnEndOfStream: false);
            if (read < elements.Length)
            {
                throw Damaged(name, $"it ends after {read} of {length} elements");
            }
            if (read == length)
            {
                break;
            }
            Array.Resize(ref elements, (int)Math.Min(length, 2L * read));
        }
        if (stream.ReadByte() >= 0)
        {
            throw Damaged(name, $"it goes on after {length} elements");
        }
        return new IdxArray(elements, sizes);
    }

    private static int HeaderLength(int rank) => 4 + sizeof(uint) * rank;

    private static DatasetException Damaged(string name, string how, Exception? cause = null)
    {
        string message = $"{name} is damaged: {how}; replace it with an intact copy.";
        return cause is null ? new DatasetException(message) : new DatasetException(message, cause);
    }

    private byte[] Header()
    {
        var header = new byte[HeaderLength(Sizes.Count)];
        header[2] = UnsignedByte;
        header[3] = (byte)Sizes.Count;
        for (int i = 0; i < Sizes.Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(HeaderLength(i)), Sizes[i]);
        }
        return header;
    }
}
