namespace Onebit.Datasets;

/// <summary>Finds image files in folders.</summary>
public static class ImageFiles
{
    private static readonly HashSet<string> s_endings = new(
        [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>
    /// All files below a folder whose names end as those of PNG, JPEG, WebP, BMP or GIF images do, in ordinal order of their
    /// paths. What is hidden is left out. Links to files are followed, links to folders are not, for they may lead in circles.
    /// </summary>
    /// <exception cref="DatasetException">A folder cannot be read.</exception>
    public static IReadOnlyList<string> Under(string folder) =>
        [
            .. Entries<FileInfo>(folder)
                .Where(f => s_endings.Contains(f.Extension))
                .Select(f => Path.Combine(folder, f.Name))
                .Concat(Folders(folder).Where(f => f.LinkTarget is null).SelectMany(f => Under(Path.Combine(folder, f.Name))))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>The folders in a folder that are not hidden, links among them, in ordinal order of their names.</summary>
    /// <exception cref="DatasetException">The folder cannot be read.</exception>
    internal static IReadOnlyList<DirectoryInfo> Folders(string folder) =>
        [.. Entries<DirectoryInfo>(folder).OrderBy(f => f.Name, StringComparer.Ordinal)];

    private static IEnumerable<T> Entries<T>(string folder)
        where T : FileSystemInfo
    {
        try
        {
            return
            [
                .. new DirectoryInfo(folder)
                    .EnumerateFileSystemInfos()
                    .OfType<T>()
                    .Where(e => !e.Name.StartsWith('.') && !e.Attributes.HasFlag(FileAttributes.Hidden)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The folder {folder} cannot be read ({DatasetException.Reason(e)}).", e);
        }
    }
}
