using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Turns the pixels of many images into planes, one per pixel. This is a transposition.</summary>
internal static class PixelPlanes
{
    private const int Word = 64;

    /// <summary>One plane of bits per pixel: 1 where the pixel reaches the threshold.</summary>
    /// <param name="images">The images one after another.</param>
    /// <param name="pixels">Pixels of an image.</param>
    /// <param name="threshold">1 to 255.</param>
    /// <param name="planes">Receives the planes.</param>
    /// <param name="stride">Bytes from one pixel's plane to the next one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Bits(ReadOnlySpan<byte> images, int pixels, byte threshold, ref byte planes, int stride)
    {
        if (BitMatrix.IsAccelerated && pixels >= Word)
        {
            BitsByWords(images, pixels, threshold, ref planes, stride);
            return;
        }

        // A byte per pixel, whose eight bits are eight images. Eight such rows of 32 pixels are transposed as bytes.
        const int Columns = 32,
            Rows = 8;
        int count = images.Length / pixels;
        ref byte source = ref MemoryMarshal.GetReference(images);
        Span<byte> octets = stackalloc byte[Columns * Rows];
        Span<byte> transposed = stackalloc byte[Columns * Rows];
        Vector256<sbyte> sign = Vector256.Create(sbyte.MinValue),
            below = Vector256.Create((byte)(threshold - 1)).AsSByte() ^ sign;
        for (int image = 0; image < count; image += Word)
        {
            for (int pixel = 0; pixel < pixels; pixel += Columns)
            {
                int columns = Math.Min(Columns, pixels - pixel);
                for (int row = 0; row < Rows; row++)
                {
                    int first = image + 8 * row,
                        images8 = Math.Clamp(count - first, 0, 8);
                    Vector256<byte> bits = Vector256<byte>.Zero,
                        bit = Vector256<byte>.One;
                    if (images8 == 8 && columns == Columns)
                    {
                        ref byte corner = ref Unsafe.Add(ref source, (nint)first * pixels + pixel);
                        for (int i = 0; i < 8; i++, bit += bit, corner = ref Unsafe.Add(ref corner, pixels))
                        {
                            bits |= Reached(Vector256.LoadUnsafe(ref corner), sign, below) & bit;
                        }
                    }
                    else
                    {
                        for (int i = 0; i < images8; i++, bit += bit)
                        {
                            bits |= Reached(Partial(images.Slice((first + i) * pixels + pixel, columns)), sign, below) & bit;
                        }
                    }

                    bits.StoreUnsafe(ref MemoryMarshal.GetReference(octets), (nuint)(row * Columns));
                }

                ref byte destination = ref Unsafe.Add(ref planes, (nint)pixel * stride + image / 8);
                if (columns == Columns)
                {
                    TransposeBytes(ref MemoryMarshal.GetReference(octets), Columns, ref destination, stride);
                    continue;
                }

                TransposeBytes(ref MemoryMarshal.GetReference(octets), Columns, ref MemoryMarshal.GetReference(transposed), Rows);
                for (int column = 0; column < columns; column++)
                {
                    transposed
                        .Slice(column * Rows, Rows)
                        .CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref destination, (nint)column * stride), Rows));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<byte> Reached(Vector256<byte> pixels, Vector256<sbyte> sign, Vector256<sbyte> below) =>
            Vector256.GreaterThan(pixels.AsSByte() ^ sign, below).AsByte();

        static Vector256<byte> Partial(ReadOnlySpan<byte> pixels)
        {
            Span<byte> whole = stackalloc byte[Columns];
            pixels.CopyTo(whole);
            return Vector256.Create<byte>(whole);
        }
    }

    /// <summary>Words of 64 pixels of 64 images, then their transposition.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BitsByWords(ReadOnlySpan<byte> images, int pixels, byte threshold, ref byte planes, int stride)
    {
        int count = images.Length / pixels,
            words = (pixels + Word - 1) / Word;
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(words * Word);
        ref ulong rows = ref MemoryMarshal.GetArrayDataReference(rented);
        Span<ulong> last = stackalloc ulong[Word];
        for (int first = 0; first < count; first += Word)
        {
            int some = Math.Min(Word, count - first);
            if (some < Word)
            {
                rented.AsSpan(0, words * Word).Clear();
            }

            for (int i = 0; i < some; i++)
            {
                Binarize(images.Slice((first + i) * pixels, pixels), threshold, ref Unsafe.Add(ref rows, i), Word);
            }

            for (int word = 0; word < words; word++)
            {
                ref byte place = ref Unsafe.Add(ref planes, (nint)word * Word * stride + first / 8);
                int left = pixels - word * Word;
                if (left >= Word)
                {
                    BitMatrix.Transpose(ref Unsafe.Add(ref rows, word * Word), ref place, stride);
                    continue;
                }

                BitMatrix.Transpose(ref Unsafe.Add(ref rows, word * Word), ref Unsafe.As<ulong, byte>(ref last[0]), sizeof(ulong));
                for (int pixel = 0; pixel < left; pixel++)
                {
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, pixel * stride), last[pixel]);
                }
            }
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    /// <summary>Bit i becomes 1 where pixel i reaches the threshold. All other bits become 0.</summary>
    public static void Binarize(ReadOnlySpan<byte> pixels, byte threshold, Span<ulong> bits)
    {
        bits[((pixels.Length + Word - 1) / Word)..].Clear();
        Binarize(pixels, threshold, ref MemoryMarshal.GetReference(bits), 1);
    }

    /// <summary>
    /// The same with <paramref name="step"/> words from one word to the next, and without the words behind the last pixel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Binarize(ReadOnlySpan<byte> pixels, byte threshold, ref ulong bits, int step)
    {
        ref byte pixel = ref MemoryMarshal.GetReference(pixels);
        int words = pixels.Length / Word,
            left = pixels.Length % Word;
        for (int word = 0; word < words; word++)
        {
            bits = Reached(ref Unsafe.Add(ref pixel, word * Word), threshold);
            bits = ref Unsafe.Add(ref bits, step);
        }

        if (left > 0 && words > 0)
        {
            // The last 64 pixels, of which the word before has some.
            bits = Reached(ref Unsafe.Add(ref pixel, pixels.Length - Word), threshold) >> (Word - left);
        }
        else if (left > 0)
        {
            bits = 0;
            for (int i = 0; i < left; i++)
            {
                bits |= (pixels[i] >= threshold ? 1UL : 0) << i;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static ulong Reached(ref byte pixels, byte threshold)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                return Vector512
                    .GreaterThanOrEqual(Vector512.LoadUnsafe(ref pixels), Vector512.Create(threshold))
                    .ExtractMostSignificantBits();
            }

            Vector256<byte> low = Vector256.LoadUnsafe(ref pixels),
                high = Vector256.LoadUnsafe(ref pixels, (nuint)Vector256<byte>.Count);
            Vector256<byte> thresholds = Vector256.Create(threshold);
            return Vector256.Equals(Vector256.Max(low, thresholds), low).ExtractMostSignificantBits()
                | (ulong)Vector256.Equals(Vector256.Max(high, thresholds), high).ExtractMostSignificantBits() << 32;
        }
    }

    /// <summary>One plane of bytes per pixel.</summary>
    /// <param name="images">The images one after another.</param>
    /// <param name="pixels">Pixels of an image.</param>
    /// <param name="planes">Receives the planes.</param>
    /// <param name="stride">Bytes from one pixel's plane to the next one's.</param>
    public static void Bytes(ReadOnlySpan<byte> images, int pixels, ref byte planes, int stride)
    {
        int count = images.Length / pixels;
        ref byte source = ref MemoryMarshal.GetReference(images);
        int image = 0;
        for (; image + 8 <= count; image += 8)
        {
            int pixel = 0;
            for (; pixel + 32 <= pixels; pixel += 32)
            {
                TransposeBytes(
                    ref Unsafe.Add(ref source, image * pixels + pixel),
                    pixels,
                    ref Unsafe.Add(ref planes, (nint)pixel * stride + image),
                    stride
                );
            }

            for (; pixel < pixels; pixel++)
            {
                for (int i = image; i < image + 8; i++)
                {
                    Unsafe.Add(ref planes, (nint)pixel * stride + i) = images[i * pixels + pixel];
                }
            }
        }

        for (; image < count; image++)
        {
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                Unsafe.Add(ref planes, (nint)pixel * stride + image) = images[image * pixels + pixel];
            }
        }
    }

    /// <summary>Eight rows of 32 bytes: four matrices of 8 x 8 bytes, transposed at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeBytes(ref byte source, int sourceStride, ref byte destination, int destinationStride)
    {
        Vector256<ulong> r0 = Row(ref source, 0),
            r1 = Row(ref source, sourceStride),
            r2 = Row(ref source, 2 * sourceStride),
            r3 = Row(ref source, 3 * sourceStride);
        Vector256<ulong> r4 = Row(ref source, 4 * sourceStride),
            r5 = Row(ref source, 5 * sourceStride),
            r6 = Row(ref source, 6 * sourceStride),
            r7 = Row(ref source, 7 * sourceStride);
        const ulong Halves = 0x00000000FFFFFFFF,
            Pairs = 0x0000FFFF0000FFFF,
            Bytes = 0x00FF00FF00FF00FF;
        Swap(ref r0, ref r4, 32, Halves);
        Swap(ref r1, ref r5, 32, Halves);
        Swap(ref r2, ref r6, 32, Halves);
        Swap(ref r3, ref r7, 32, Halves);
        Swap(ref r0, ref r2, 16, Pairs);
        Swap(ref r1, ref r3, 16, Pairs);
        Swap(ref r4, ref r6, 16, Pairs);
        Swap(ref r5, ref r7, 16, Pairs);
        Swap(ref r0, ref r1, 8, Bytes);
        Swap(ref r2, ref r3, 8, Bytes);
        Swap(ref r4, ref r5, 8, Bytes);
        Swap(ref r6, ref r7, 8, Bytes);
        Write(r0, ref destination, 0, destinationStride);
        Write(r1, ref destination, 1, destinationStride);
        Write(r2, ref destination, 2, destinationStride);
        Write(r3, ref destination, 3, destinationStride);
        Write(r4, ref destination, 4, destinationStride);
        Write(r5, ref destination, 5, destinationStride);
        Write(r6, ref destination, 6, destinationStride);
        Write(r7, ref destination, 7, destinationStride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<ulong> Row(ref byte source, int at) => Vector256.LoadUnsafe(ref source, (nuint)at).AsUInt64();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Swap(ref Vector256<ulong> a, ref Vector256<ulong> b, int distance, ulong mask)
        {
            Vector256<ulong> swap = ((a >> distance) ^ b) & Vector256.Create(mask);
            b ^= swap;
            a ^= swap << distance;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Write(Vector256<ulong> bytes, ref byte destination, int column, int stride)
        {
            for (int matrix = 0; matrix < 4; matrix++)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, (nint)(8 * matrix + column) * stride), bytes.GetElement(matrix));
            }
        }
    }
}
