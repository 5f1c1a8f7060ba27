using System.IO.Compression;

namespace Onebit.Datasets;

/// <summary>
/// Images and labels as a pair of IDX files: images count x height x width (grey) or count x channels x height x width,
/// labels count, all unsigned bytes. Whether a file is gzipped is seen from its first two bytes, not from its name. Files
/// are hostile until checked: memory is taken for data that is there, never for what a header promises.
/// </summary>
public static class IdxFile
{
    /// <summary>Reads images and their labels.</summary>
    /// <exception cref="DatasetException">A file cannot be read or is not a whole IDX file of the right kind, or the two
    /// do not belong together.</exception>
    public static ImageSet Load(string imagesPath, string labelsPath) => Load(imagesPath, labelsPath, null, null);

    /// <summary>As the public one; where a SHA-256 is given, the unzipped file must have it.</summary>
    internal static ImageSet Load(string imagesPath, string labelsPath, string? imagesSha256, string? labelsSha256) =>
        Combine(
            LoadArray(imagesPath, images: true, imagesSha256),
            imagesPath,
            LoadArray(labelsPath, images: false, labelsSha256),
            labelsPath
        );

    /// <summary>Reads images and their labels, each from its stream's position to the end.</summary>
    /// <param name="images">A stream that can seek, gzipped or not.</param>
    /// <param name="imagesName">What messages call it.</param>
    /// <param name="labels">A stream that can seek, gzipped or not.</param>
    /// <param name="labelsName">What messages call it.</param>
    /// <exception cref="DatasetException">The content is not a whole IDX file of the right kind, or the two do not belong
    /// together.</exception>
    public static ImageSet Read(Stream images, string imagesName, Stream labels, string labelsName) =>
        Combine(IdxArray.Read(images, imagesName, images: true), imagesName, IdxArray.Read(labels, labelsName, images: false), labelsName);

    /// <summary>
    /// Writes both files, gzipped where the name ends in <c>.gz</c>, each beside its target and renamed. Folders are
    /// made as needed, files that exist are replaced.
    /// </summary>
    /// <exception cref="DatasetException">A file cannot be written.</exception>
    public static void Save(ImageSet set, string imagesPath, string labelsPath)
    {
        SaveArray(Images(set), imagesPath);
        SaveArray(Labels(set), labelsPath);
    }

    /// <summary>Writes images and labels to streams, not gzipped.</summary>
    public static void Write(ImageSet set, Stream images, Stream labels)
    {
        Images(set).Write(images);
        Labels(set).Write(labels);
    }

    private static IdxArray Images(ImageSet set) =>
        set.Channels == 1
            ? new IdxArray(set.Pixels, set.Count, set.Height, set.Width)
            : new IdxArray(set.Pixels, set.Count, set.Channels, set.Height, set.Width);

    private static IdxArray Labels(ImageSet set) => new(set.Labels, set.Count);

    private static ImageSet Combine(IdxArray images, string imagesName, IdxArray labels, string labelsName)
    {
        IReadOnlyList<int> sizes = images.Sizes;
        if (sizes[0] != labels.Sizes[0])
        {
            throw new DatasetException(
                $"{imagesName} holds {sizes[0]} images and {labelsName} {labels.Sizes[0]} labels; give two files that belong together."
            );
        }
        return new ImageSet(images.Elements, labels.Elements, sizes.Count == 4 ? sizes[1] : 1, sizes[^2], sizes[^1]);
    }

    private static IdxArray LoadArray(string path, bool images, string? sha256)
    {
        IdxArray array;
        try
        {
            using FileStream stream = InputFile.Open(path);
            array = IdxArray.Read(stream, path, images);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new DatasetException($"{path} cannot be read ({DatasetException.Reason(e)}); name an IDX file that can be.", e);
        }
        catch (OutOfMemoryException e)
        {
            throw new DatasetException($"{path} does not fit in memory; give a smaller set or more memory.", e);
        }
        if (sha256 is not null && array.Sha256() != sha256)
        {
            throw new DatasetException(
                $"{path} is not the original file: its content has another SHA-256; "
                    + "replace it with the original, or delete it if it was fetched."
            );
        }
        return array;
    }

    /// <summary>Writes one file, as <see cref="Save"/> does.</summary>
    internal static void SaveArray(IdxArray array, string path) =>
        DatasetFile.Write(
            path,
            stream =>
            {
                if (!path.EndsWith(".gz", StringComparison.Ordinal))
                {
                    array.Write(stream);
                    return;
                }
                using var zipped = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
                array.Write(zipped);
            }
        );
}
