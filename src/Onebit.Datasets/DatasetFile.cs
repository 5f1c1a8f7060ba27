namespace Onebit.Datasets;

/// <summary>Writes a file of a data set, whole or not at all.</summary>
internal static class DatasetFile
{
    /// <exception cref="DatasetException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                $"{path} cannot be written ({DatasetException.Reason(e)}); make room there or choose another folder.",
                e
            );
        }
    }
}
