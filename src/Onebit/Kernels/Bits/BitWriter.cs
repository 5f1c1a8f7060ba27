using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>Writes a <see cref="BitString"/> from its beginning. Bits gather in a register until they fill a word.</summary>
/// <param name="words">Receives the words.</param>
internal ref struct BitWriter(ref ulong words)
{
    private ref ulong _word = ref words;
    private ulong _gathered;
    private int _count;

    /// <summary>Appends 1 to 64 bits. Those above are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ulong bits, int count)
    {
        _gathered |= bits << _count;
        int room = 64 - _count;
        _count += count;
        if (_count >= 64)
        {
            _word = _gathered;
            _word = ref Unsafe.Add(ref _word, 1);
            _gathered = room == 64 ? 0 : bits >> room;
            _count -= 64;
        }
    }

    /// <summary>Writes what is left. Unused bits and the spare word are 0.</summary>
    public readonly void End()
    {
        _word = _gathered;
        Unsafe.Add(ref _word, 1) = 0;
    }
}
