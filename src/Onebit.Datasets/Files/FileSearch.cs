namespace Onebit.Datasets;

/// <summary>
/// Finds files in folders: images, models, experiments. What is hidden is left out. Links to files are followed. Links to folders are not,
/// for they may lead in circles.
/// </summary>
public static class FileSearch
{
    private const string Hidden = "hidden",
        NotUtf8 = "with a name that is not UTF-8",
        Link = "links to folders";

    /// <summary>The files in a folder that are wanted.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="refusal">Why a file, given by its path, is not wanted; null: it is.</param>
    /// <param name="below">Also in the folders below it.</param>
    /// <exception cref="DatasetException">A folder cannot be read.</exception>
    public static FoundFiles Find(string folder, Func<string, string?> refusal, bool below)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var files = new List<string>();
        var leftOut = new LeftOut();
        Collect(folder);
        return new FoundFiles([.. files.Order(StringComparer.Ordinal)], leftOut);

        void Collect(string at)
        {
            foreach (FileSystemInfo entry in Entries(at))
            {
                string path = Path.Combine(at, entry.Name);
                bool isFolder = entry is DirectoryInfo;
                if (isFolder && !below)
                {
                    continue;
                }

                string? reason =
                    IsHidden(entry) ? Hidden
                    : !IsUtf8(entry) ? NotUtf8
                    : !isFolder ? refusal(path)
                    : entry.LinkTarget is null ? null
                    : Link;
                if (reason is not null)
                {
                    leftOut.Add(reason);
                }
                else if (isFolder)
                {
                    Collect(path);
                }
                else
                {
                    files.Add(path);
                }
            }
        }
    }

    /// <summary>The folders in a folder that are not hidden, links among them, in ordinal order of their names.</summary>
    /// <exception cref="DatasetException">The folder cannot be read.</exception>
    internal static IReadOnlyList<DirectoryInfo> Folders(string folder) =>
        [.. Entries(folder).OfType<DirectoryInfo>().Where(e => !IsHidden(e)).OrderBy(f => f.Name, StringComparer.Ordinal)];

    /// <summary>.NET replaces what is not UTF-8 in a name, and then finds nothing under it.</summary>
    internal static bool IsUtf8(FileSystemInfo entry) => !entry.Name.Contains('\uFFFD', StringComparison.Ordinal) || entry.Exists;

    // Attributes of what is not found are all set, this one too.
    private static bool IsHidden(FileSystemInfo entry) =>
        entry.Name.StartsWith('.') || (entry.Exists && entry.Attributes.HasFlag(FileAttributes.Hidden));

    private static FileSystemInfo[] Entries(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The folder {folder} cannot be read ({DatasetException.Reason(e)}).", e);
        }
    }
}
