namespace Onebit.Datasets;

/// <summary>Writes a file beside its target and renames it, so that nobody ever sees half of one.</summary>
internal static class AtomicFile
{
    /// <exception cref="DatasetException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // Its own name for each writer: several processes may fetch the same set at once.
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                $"{path} cannot be written ({DatasetException.Reason(e)}); make room there or choose another folder.", e);
        }
        finally
        {
            // After the rename there is nothing to delete. Deleting must not hide why writing failed.
            try
            {
                File.Delete(beside);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }
    }
}
