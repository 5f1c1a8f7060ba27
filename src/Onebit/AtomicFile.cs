using System.Text;

namespace Onebit;

/// <summary>
/// Writing that a kill cannot spoil: beside the target first, then renamed over it, so that nobody ever sees half a
/// file. One source, compiled into each project that writes files.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file through <paramref name="write"/>; its folder must be there.</summary>
    /// <exception cref="IOException">The file cannot be written; what was there before is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // Its own name for each writer: several processes may write the same file at once.
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        FileStream stream = new(beside, FileMode.CreateNew, FileAccess.Write);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
