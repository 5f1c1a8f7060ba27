using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Onebit.Training;

/// <summary>
/// A library in memory (<c>memfd_create</c> of Linux). Nothing is written to a disk, so a killed process leaves nothing behind.
/// </summary>
internal static class MemoryFile
{
    /// <summary>The path of a new file of these bytes; null: an old kernel, or one that forbids it.</summary>
    internal static string? Create(string name, byte[] bytes)
    {
        const uint CloseOnExec = 1;
        try
        {
            int number = CreateMemoryFile(name, CloseOnExec);

            // It stays open: the loader knows a library by its path, and the number of a closed file is given again.
            using var file = new SafeFileHandle(number, ownsHandle: false);
            if (!file.IsInvalid)
            {
                RandomAccess.Write(file, bytes, 0);
                return $"/proc/self/fd/{number}";
            }
        }
        catch (Exception e) when (e is EntryPointNotFoundException or IOException or UnauthorizedAccessException)
        {
            // As where the kernel refuses.
        }

        return null;
    }

    [DllImport("libc", EntryPoint = "memfd_create", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int CreateMemoryFile(string name, uint flags);
}
