namespace Onebit.Datasets;

/// <summary>Finds image files in folders.</summary>
public static class ImageFiles
{
    /// <summary>
    /// All files below a folder whose content is that of a PNG, JPEG, WebP, BMP or GIF image, or whose name claims so.
    /// </summary>
    /// <exception cref="DatasetException">A folder cannot be read.</exception>
    public static FoundFiles Under(string folder) => FileSearch.Find(folder, Refusal, below: true);

    /// <summary>Why a file is taken for no image; null: it is one. A file whose name claims it is judged when it is decoded.</summary>
    internal static string? Refusal(string path)
    {
        if (ImageFormat.IsClaimedBy(path))
        {
            return null;
        }

        Span<byte> head = stackalloc byte[ImageFormat.HeadBytes];
        try
        {
            using FileStream file = InputFile.Open(path);
            if (ImageFormat.Find(head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]) is not null)
            {
                return null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "empty or unreadable";
        }

        const int MaxEnding = 12;
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return ending.Length is 0 or > MaxEnding ? "of no known image format" : $"of no known image format ({VisibleText.Of(ending)})";
    }
}
