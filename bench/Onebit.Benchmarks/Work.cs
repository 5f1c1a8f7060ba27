using System.Runtime.InteropServices;

namespace Onebit.Benchmarks;

/// <summary>What the benchmarks work on, the same in every process.</summary>
internal static class Work
{
    /// <summary>Images that every benchmark of a primitive takes: the lanes of the widest vector of bits.</summary>
    public const int Images = 512;

    /// <summary>Random bytes that begin at a cache line, as a model's scratch memory does.</summary>
    public static Memory<byte> Bytes(int count)
    {
        const int Line = 64;
        byte[] bytes = GC.AllocateArray<byte>(count + Line, pinned: true);
        new Random(1).NextBytes(bytes);
        return bytes.AsMemory((int)(-Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & (Line - 1)), count);
    }

    /// <summary>A layer of random weights that reads all of its input.</summary>
    public static Linear Dense(int input, int outputs, int channels, int height, int width)
    {
        var weights = new byte[outputs * channels * height * width / 8];
        new Random(2).NextBytes(weights);
        return new Linear(input, outputs, height, width, 1, 0, 1, weights);
    }
}
