namespace Onebit.Datasets;

/// <summary>Labelled images of one shape, 8 bits a pixel. Immutable, and never empty.</summary>
public sealed class ImageSet
{
    private readonly int _imageLength;

    /// <summary>Takes pixels and labels as they are; the memory is not copied and must not be changed afterwards.</summary>
    /// <param name="pixels">count x channels x height x width bytes, in this order.</param>
    /// <param name="labels">One class an image; their number is the number of images, at least 1.</param>
    /// <param name="channels">Channels of an image, at least 1.</param>
    /// <param name="height">Rows of an image, at least 1.</param>
    /// <param name="width">Columns of an image, at least 1.</param>
    /// <exception cref="ArgumentException">A size is not positive, or the sizes do not agree.</exception>
    public ImageSet(ReadOnlyMemory<byte> pixels, ReadOnlyMemory<byte> labels, int channels, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (labels.IsEmpty)
        {
            throw new ArgumentException("A set holds at least one image.", nameof(labels));
        }
        // Four factors of up to 31 bits do not fit in 64.
        if ((Int128)labels.Length * channels * height * width != pixels.Length)
        {
            throw new ArgumentException(
                $"{pixels.Length} pixels are not {labels.Length} images of {channels} x {height} x {width}.",
                nameof(pixels)
            );
        }
        Pixels = pixels;
        Labels = labels;
        Channels = channels;
        Height = height;
        Width = width;
        _imageLength = channels * height * width;
    }

    /// <summary>Number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>Channels of an image: 1 for grey.</summary>
    public int Channels { get; }

    /// <summary>Rows of an image.</summary>
    public int Height { get; }

    /// <summary>Columns of an image.</summary>
    public int Width { get; }

    /// <summary>The shape of an image.</summary>
    public Shape Shape => new(Channels, Height, Width);

    /// <summary>All pixels, 0..255: count x channels x height x width.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The class of each image, 0..255.</summary>
    public ReadOnlyMemory<byte> Labels { get; }

    /// <summary>The pixels of one image: channels x height x width.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ReadOnlySpan<byte> Image(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Pixels.Span.Slice(index * _imageLength, _imageLength);
    }

    /// <summary>The <paramref name="count"/> images from <paramref name="start"/> on, at least one, without copying them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or reaches beyond the set.</exception>
    public ImageSet Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
        return new ImageSet(Pixels.Slice(start * _imageLength, count * _imageLength), Labels.Slice(start, count), Channels, Height, Width);
    }

    /// <summary>Some of the images, at least one, in the order given; copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ImageSet Select(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        byte[] pixels = new byte[indices.Count * _imageLength],
            labels = new byte[indices.Count];
        for (int i = 0; i < indices.Count; i++)
        {
            Image(indices[i]).CopyTo(pixels.AsSpan(i * _imageLength));
            labels[i] = Labels.Span[indices[i]];
        }
        return new ImageSet(pixels, labels, Channels, Height, Width);
    }
}
