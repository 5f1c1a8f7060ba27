using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Onebit.Training;

/// <summary>
/// Intel's Math Kernel Library, with which libtorch multiplies matrices, uses AVX-512 on processors of Intel alone. It asks its function
/// <c>mkl_serv_intel_cpu_true</c>. A library that is loaded before and has a function of that name answers in its place. On an AMD EPYC
/// (Zen 5) an epoch of <c>device/cnn-8bit</c> then takes 14.6 s of processor time, and 21 s without.
/// </summary>
internal static class MathKernelLibrary
{
    private const string Question = "mkl_serv_intel_cpu_true";

    /// <summary>Lets the library use AVX-512 where the processor has it. It must be called before libtorch is loaded.</summary>
    internal static void UseAvx512()
    {
        const int Now = 2,
            Global = 0x100;
        if (!Avx512F.IsSupported || IsIntel())
        {
            return;
        }

        try
        {
            if (MemoryFile.Create("onebit-mkl.so", Answer()) is { } path)
            {
                _ = Open(path, Now | Global);
            }
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library.
        }
    }

    private static bool IsIntel()
    {
        const int Genu = 0x756e6547;
        return X86Base.CpuId(0, 0).Ebx == Genu;
    }

    /// <summary>A shared library (ELF-64) of one page, with one function that returns 1.</summary>
    private static byte[] Answer()
    {
        const int Page = 4096,
            Code = 320,
            Names = 336,
            Symbols = 368,
            Hashes = 416,
            Dynamic = 448,
            DynamicBytes = 6 * 16;
        byte[] page = new byte[Page];
        byte[] header = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        header.CopyTo(page, 0);
        Short(16, 3); // a shared library,
        Short(18, 62); // of x86-64
        Int(20, 1);
        Long(32, 64); // Segments follow.
        Short(52, 64);
        Short(54, 56);
        Short(56, 4);

        // The page is there twice: to run, and for the loader, which writes into the dynamic section.
        Segment(0, type: 1, flags: 5, offset: 0, address: 0, Page);
        Segment(1, type: 1, flags: 6, offset: 0, address: Page, Page);
        Segment(2, type: 2, flags: 6, Dynamic, Page + Dynamic, DynamicBytes);
        Segment(3, type: 0x6474e551, flags: 6, 0, 0, 0); // The stack is not to be run.

        byte[] returnOne = [0xb8, 1, 0, 0, 0, 0xc3];
        returnOne.CopyTo(page, Code);
        Encoding.ASCII.GetBytes(Question).CopyTo(page, Names + 1);

        int symbol = Symbols + 24;
        Int(symbol, 1); // its name,
        page[symbol + 4] = 0x12; // a global function
        Short(symbol + 6, 1);
        Long(symbol + 8, Code);
        Long(symbol + 16, returnOne.Length);

        Int(Hashes, 1); // one bucket
        Int(Hashes + 4, 2); // for two symbols,
        Int(Hashes + 8, 1); // which begins with the second.

        Entry(0, tag: 4, Hashes);
        Entry(1, tag: 5, Names);
        Entry(2, tag: 6, Symbols);
        Entry(3, tag: 10, Question.Length + 2);
        Entry(4, tag: 11, 24);
        return page;

        void Short(int at, int value) => BinaryPrimitives.WriteInt16LittleEndian(page.AsSpan(at), (short)value);
        void Int(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(at), value);
        void Long(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(at), value);

        void Segment(int index, int type, int flags, int offset, int address, int bytes)
        {
            int at = 64 + index * 56;
            Int(at, type);
            Int(at + 4, flags);
            Long(at + 8, offset);
            Long(at + 16, address);
            Long(at + 24, address);
            Long(at + 32, bytes);
            Long(at + 40, bytes);
            Long(at + 48, Page);
        }

        void Entry(int index, int tag, long value)
        {
            Long(Dynamic + index * 16, tag);
            Long(Dynamic + index * 16 + 8, value);
        }
    }

    [DllImport("libc", EntryPoint = "dlopen", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern nint Open(string path, int flags);
}
