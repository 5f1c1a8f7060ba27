using System.Buffers.Binary;

namespace Onebit.Study;

/// <summary>
/// Writes grey pictures as an animation that repeats for ever (CompuServe, "Graphics Interchange Format, version 89a", 1990).
/// </summary>
internal static class AnimatedGif
{
    private const int Clear = 256,
        End = 257,
        MaxBits = 12;

    /// <summary>The content of the file.</summary>
    /// <param name="width">Columns of each frame, 1 to 65,535.</param>
    /// <param name="height">Rows of each frame, 1 to 65,535.</param>
    /// <param name="frames">
    /// Rows of one byte per pixel, 0 black and 255 white; how long each is shown, in hundredths of a second, 0 to 65,535. Browsers show
    /// frames of less than 2 for longer.
    /// </param>
    /// <exception cref="ArgumentException">There is no frame, one has another size, or a number is out of its range.</exception>
    internal static byte[] Encode(int width, int height, IReadOnlyList<(byte[] Pixels, int Delay)> frames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, ushort.MaxValue);
        if (frames.Count == 0 || frames.Any(f => f.Pixels.Length != (long)width * height || f.Delay is < 0 or > ushort.MaxValue))
        {
            throw new ArgumentException($"An animation has frames of {width} x {height} pixels and delays of 16 bits.", nameof(frames));
        }

        var file = new MemoryStream();
        file.Write("GIF89a"u8);
        Short(file, width);
        Short(file, height);
        file.Write([0xF7, 0, 0]); // A table of 256 colours of 8 bits; the background is its first one; square pixels.
        for (int grey = 0; grey < 256; grey++)
        {
            file.Write([(byte)grey, (byte)grey, (byte)grey]);
        }

        file.Write([0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]); // Repeated without end.
        foreach ((byte[] pixels, int delay) in frames)
        {
            file.Write([0x21, 0xF9, 4, 0x04]); // The next frame is drawn over this one.
            Short(file, delay);
            file.Write([0, 0, 0x2C, 0, 0, 0, 0]); // No colour is transparent; the frame begins in the corner.
            Short(file, width);
            Short(file, height);
            file.Write([0, 8]); // The colours are those of the file; codes begin with 8 bits.
            byte[] compressed = Compress(pixels);
            foreach (byte[] block in compressed.Chunk(255))
            {
                file.WriteByte((byte)block.Length);
                file.Write(block);
            }

            file.WriteByte(0);
        }

        file.WriteByte(0x3B);
        return file.ToArray();
    }

    /// <summary>Writes the file.</summary>
    /// <inheritdoc cref="Encode"/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    internal static void Write(string path, int width, int height, IReadOnlyList<(byte[] Pixels, int Delay)> frames)
    {
        byte[] file = Encode(width, height, frames);
        AtomicFile.Write(path, stream => stream.Write(file));
    }

    private static void Short(Stream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        stream.Write(bytes);
    }

    /// <summary>LZW (Welch 1984) with codes of 9 to 12 bits, the lowest bit first.</summary>
    private static byte[] Compress(byte[] pixels)
    {
        var output = new List<byte>(pixels.Length / 2);
        var table = new Dictionary<int, int>(); // A known string and the byte behind it: the code of both.
        int bits = 9,
            last = End, // The newest code.
            waiting = 0,
            waitingBits = 0;
        StartTable();
        int current = pixels[0];
        foreach (byte next in pixels.AsSpan(1))
        {
            int key = current << 8 | next;
            if (table.TryGetValue(key, out int longer))
            {
                current = longer;
                continue;
            }

            Emit(current);
            table[key] = last;
            current = next;
            if (last == (1 << MaxBits) - 1)
            {
                StartTable();
            }
        }

        Emit(current);
        Emit(End);
        if (waitingBits > 0)
        {
            output.Add((byte)waiting);
        }

        return [.. output];

        void StartTable()
        {
            Emit(Clear);
            table.Clear();
            (bits, last) = (9, End);
        }

        // A reader adds a string after each code, so the codes grow by a bit where it knows as many.
        void Emit(int code)
        {
            waiting |= code << waitingBits;
            waitingBits += bits;
            while (waitingBits >= 8)
            {
                output.Add((byte)waiting);
                waiting >>= 8;
                waitingBits -= 8;
            }

            if (++last == 1 << bits && bits < MaxBits)
            {
                bits++;
            }
        }
    }
}
