using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>Bytes that begin at a cache line, all 0 at first. A vector that lies across two lines is read at half the speed.</summary>
internal readonly struct AlignedBytes
{
    private const int Line = 64;
    private readonly byte[] _bytes;
    private readonly int _start;

    public AlignedBytes(int count)
    {
        // Pinned: the garbage collector could move them off the line.
        _bytes = GC.AllocateArray<byte>(count + Line, pinned: true);
        _start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0) & (Line - 1));
        Length = count;
    }

    public readonly int Length;

    /// <summary>The first byte.</summary>
    public ref byte Start => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), _start);

    public ref byte this[int index] => ref Span[index];

    public Span<byte> Span => _bytes.AsSpan(_start, Length);
}
