namespace Onebit;

/// <summary>
/// Opening files of strangers. Opening a named pipe waits until somebody writes to it, and a device may never end. So what has no
/// length is not opened, and what cannot seek is not read. One source, compiled into each project that reads files.
/// </summary>
internal static class InputFile
{
    private const int MaxTextBytes = 1 << 28;

    /// <summary>It has no length: an empty file, or a named pipe, or a device.</summary>
    public static bool IsEmpty(string path)
    {
        // Of a link .NET gives the link's own length.
        var file = new FileInfo(path);
        return (file.ResolveLinkTarget(returnFinalTarget: true) ?? file) is FileInfo { Exists: true, Length: 0 };
    }

    /// <summary>Opens a file to read it.</summary>
    /// <exception cref="IOException">It is empty, not a regular file, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static FileStream Open(string path)
    {
        if (IsEmpty(path))
        {
            throw NoFile(path);
        }

        if (Directory.Exists(path))
        {
            throw new UnauthorizedAccessException($"'{path}' is a folder; give a file.");
        }

        FileStream stream = File.OpenRead(path);
        if (stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        throw NoFile(path);
    }

    /// <summary>Reads a whole file. What has no length has no bytes.</summary>
    /// <exception cref="IOException">It is not a regular file, too long for an array, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static byte[] ReadBytes(string path)
    {
        if (IsEmpty(path))
        {
            return [];
        }

        using FileStream stream = Open(path);
        if (stream.Length > Array.MaxLength)
        {
            throw new IOException($"'{path}' has {stream.Length} bytes; an array may have {Array.MaxLength}.");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads a whole file as UTF-8.</summary>
    /// <exception cref="IOException">It is empty, not a regular file, too long for text, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static string ReadText(string path)
    {
        using FileStream stream = Open(path);
        if (stream.Length > MaxTextBytes)
        {
            throw new IOException($"'{path}' has {stream.Length} bytes; a text may have {MaxTextBytes}.");
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static IOException NoFile(string path) => new($"'{path}' is empty, or a pipe or device; give a regular file.");
}
