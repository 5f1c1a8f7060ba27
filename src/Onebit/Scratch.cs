using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// Memory that begins at a whole vector, as long as the garbage collector does not move it: the thread's own where it
/// is little, so that a prediction of a fraction of a microsecond does not wait for the pool, or else rented.
/// </summary>
internal readonly ref struct Scratch
{
    private const int Alignment = 64;
    private const int OwnBytes = 1 << 17;

    [ThreadStatic]
    private static byte[]? s_own;

    private readonly byte[]? _rented;

    public Scratch(int bytes)
    {
        byte[] memory =
            bytes > OwnBytes ? _rented = ArrayPool<byte>.Shared.Rent(bytes + Alignment) : s_own ??= new byte[OwnBytes + Alignment];
        nint address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetArrayDataReference(memory));
        Memory = memory.AsSpan((int)(-address & (Alignment - 1)), bytes);
    }

    public Span<byte> Memory { get; }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
