using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace Onebit.Training;

/// <summary>
/// Loads libtorch where TorchSharp alone cannot: its <c>libLibTorchSharp.so</c> asks for symbol version
/// <c>GLIBCXX_3.4.32</c>, which the C++ library of Debian 12, Ubuntu 22.04 and RHEL 9 lacks. Nothing that
/// is called needs it, so a copy with that one need marked weak is loaded instead. It happens when TorchSharp is first used, so a command
/// that does not train needs no libtorch.
/// </summary>
public static class TorchLibrary
{
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const string FileName = "libLibTorchSharp.so";

    /// <summary>Why the mended copy could not be loaded, in a sentence; null: it could, or none was needed.</summary>
    public static string? Obstacle { get; private set; }

    [SuppressMessage("Usage", "CA2255", Justification = "Must run before TorchSharp's own static constructors.")]
    [ModuleInitializer]
    internal static void Initialize()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int loaded = 0;
        AppDomain.CurrentDomain.AssemblyLoad += (_, e) => LoadFor(e.LoadedAssembly);
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            LoadFor(assembly);
        }

        void LoadFor(Assembly assembly)
        {
            if (assembly.GetName().Name == "TorchSharp" && Interlocked.Exchange(ref loaded, 1) == 0)
            {
                Load();
            }
        }
    }

    private static void Load()
    {
        KeepMemory();
        MathKernelLibrary.UseAvx512();
        if (LoadLibrary())
        {
            AvoidWrongConvolutions();
        }
    }

    private static bool LoadLibrary()
    {
        // Beside the program, or below runtimes/ where no runtime identifier was given.
        string? folder = new[]
        {
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"),
        }.FirstOrDefault(f => File.Exists(Path.Combine(f, FileName)));
        if (folder is null)
        {
            return false;
        }

        if (NativeLibrary.TryLoad(Path.Combine(folder, FileName), out _))
        {
            return true;
        }

        byte[] library = File.ReadAllBytes(Path.Combine(folder, FileName));
        if (!MarkVersionWeak(library))
        {
            return false; // Not our case: TorchSharp will say what is wrong.
        }

        if (!NativeLibrary.TryLoad(Path.Combine(folder, "libtorch.so"), out _))
        {
            return false;
        }

        // TorchSharp's own load then finds the copy by its soname.
        if (MemoryFile.Create(FileName, library) is { } path && NativeLibrary.TryLoad(path, out _))
        {
            return true;
        }

        if (CopyFolders(folder).Any(place => LoadFrom(place, library)))
        {
            return true;
        }

        Obstacle =
            $"libtorch cannot be loaded: a mended copy of {FileName} must be written to a folder from which programs may run, and "
            + $"{string.Join(", ", CopyFolders(folder).Select(place => $"'{place}'"))} do not allow it; set TMPDIR to one that does.";
        return false;
    }

    /// <summary>Folders for the copy, in the order they are tried.</summary>
    private static IEnumerable<string> CopyFolders(string program) =>
        [
            Path.GetTempPath(),
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            program,
        ];

    private static bool LoadFrom(string place, byte[] library)
    {
        string folder = Path.Combine(place, $"onebit-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(folder);
            try
            {
                string copy = Path.Combine(folder, FileName);
                File.WriteAllBytes(copy, library);
                return NativeLibrary.TryLoad(copy, out _);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// The GNU C library gives memory back to the system after each step of a training, to fetch it anew, page by page, in the next. On a
    /// virtual machine that can cost more than the arithmetic. So all memory comes from one heap and stays there: an epoch of the CNN took
    /// 104 s of processor time before, 23 s with this, on a busy machine. The price is a heap with gaps, up to 1.9 GB for weights of
    /// 784-1024-1024-1024-10.
    /// </summary>
    private static void KeepMemory()
    {
        const int TrimThreshold = -1,
            TopPad = -2,
            MaxMaps = -4,
            MaxArenas = -8;
        try
        {
            _ = SetAllocation(TrimThreshold, int.MaxValue);
            _ = SetAllocation(TopPad, 1 << 26);
            _ = SetAllocation(MaxMaps, 0);
            _ = SetAllocation(MaxArenas, 1);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int SetAllocation(int parameter, int value);

    /// <summary>
    /// On an AMD EPYC (family 26, a virtual machine that hides its caches) oneDNN 3.7.1, with which libtorch 2.10 convolves, loses input
    /// channels beyond a multiple of 16 at some places of a kernel, which ones depends on the number of threads: wrong sums, and no error.
    /// Where it does, libtorch convolves without it, more slowly.
    /// </summary>
    private static void AvoidWrongConvolutions()
    {
        using var scope = torch.NewDisposeScope();
        if (torch.nn.functional.conv2d(torch.ones(1, 20, 6, 6), torch.ones(16, 20, 5, 5)).eq(20 * 5 * 5).all().item<bool>())
        {
            return;
        }

        nint settings = Settings();
        UseOneDnn(settings, false);
        UseNnPack(settings, false); // Next in line, and warns in each call where it lacks the hardware.
    }

    // libtorch's at::globalContext() and two setters of what it gives, which TorchSharp has not.
    [DllImport("libtorch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static extern nint Settings();

    [DllImport("libtorch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    private static extern void UseOneDnn(nint settings, [MarshalAs(UnmanagedType.U1)] bool use);

    [DllImport("libtorch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static extern void UseNnPack(nint settings, [MarshalAs(UnmanagedType.U1)] bool use);

    /// <summary>Sets VER_FLG_WEAK on the needed version in an ELF-64 file's <c>.gnu.version_r</c>; false where there is none.</summary>
    private static bool MarkVersionWeak(Span<byte> elf)
    {
        const uint SectionVersionNeeds = 0x6ffffffe;
        ulong sections = BinaryPrimitives.ReadUInt64LittleEndian(elf[40..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(elf[58..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]);
        for (int i = 0; i < count; i++)
        {
            Span<byte> section = elf[((int)sections + i * entrySize)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionVersionNeeds)
            {
                continue;
            }

            int strings = (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]); // sh_link
            int names = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[((int)sections + strings * entrySize + 24)..]);
            int need = (int)BinaryPrimitives.ReadUInt64LittleEndian(section[24..]);
            while (true)
            {
                int version = need + BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 8)..]); // vn_aux
                int versions = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]); // vn_cnt
                for (int v = 0; v < versions; v++)
                {
                    Span<byte> name = elf[(names + BinaryPrimitives.ReadInt32LittleEndian(elf[(version + 8)..]))..];
                    if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) == MissingVersion)
                    {
                        elf[version + 4] |= 0x2; // vna_flags: VER_FLG_WEAK
                        return true;
                    }
                    version += BinaryPrimitives.ReadInt32LittleEndian(elf[(version + 12)..]);
                }
                int next = BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 12)..]);
                if (next == 0)
                {
                    break;
                }

                need += next;
            }
        }
        return false;
    }
}
