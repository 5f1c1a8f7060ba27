using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>A value in the memory of one image.</summary>
internal sealed class StoredValue
{
    private readonly int _zero;

    /// <param name="info">The value.</param>
    /// <param name="place">Where it begins.</param>
    public StoredValue(ValueInfo info, int place)
    {
        (Info, Place) = (info, place);
        _zero = info.Kind == ElementKind.Signs ? -1 : 0;
        Form = info switch
        {
            { Kind: ElementKind.Integers } => ValueForm.Integers,
            { Bits: 1 } => ValueForm.Bits,
            { Bits: <= 8 } => ValueForm.Bytes,
            _ => ValueForm.Integers,
        };
    }

    /// <summary>Shape, kind and range.</summary>
    public readonly ValueInfo Info;

    /// <summary>Bytes before it in the memory of the image.</summary>
    public readonly int Place;

    /// <summary>How it is stored.</summary>
    public readonly ValueForm Form;

    /// <summary>Bytes that it takes.</summary>
    public int Bytes =>
        Form switch
        {
            ValueForm.Bits => BitString.Words(Info.Count) * sizeof(ulong),
            ValueForm.Bytes => Info.Count,
            _ => Info.Count * sizeof(int),
        };

    /// <summary>Integers of free memory that <see cref="Read"/> needs.</summary>
    public int ReadElements => Form == ValueForm.Integers ? 0 : Info.Count;

    /// <summary>The first byte.</summary>
    public ref byte Start(ref byte memory) => ref Unsafe.Add(ref memory, Place);

    /// <summary>The elements of a value that is stored as bits, and the spare word.</summary>
    public Span<ulong> Words(ref byte memory) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref Start(ref memory)), BitString.Words(Info.Count));

    /// <summary>The elements of a value that is stored as bytes.</summary>
    public Span<byte> Codes(ref byte memory) => MemoryMarshal.CreateSpan(ref Start(ref memory), Info.Count);

    /// <summary>The elements of a value that is stored as integers.</summary>
    public Span<int> Integers(ref byte memory) => MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref Start(ref memory)), Info.Count);

    /// <summary>The elements as integers: where they are, or converted into free memory of <see cref="ReadElements"/>.</summary>
    public ReadOnlySpan<int> Read(ref byte memory, Span<int> free)
    {
        if (Form == ValueForm.Integers)
        {
            return Integers(ref memory);
        }

        Span<int> integers = free[..Info.Count];
        if (Form == ValueForm.Bytes)
        {
            Conversions.WidenShift(Codes(ref memory), 0, add: false, integers);
        }
        else
        {
            Conversions.Expand(Words(ref memory), _zero, integers);
        }

        return integers;
    }

    /// <summary>Stores integers that were computed elsewhere. As bits, those above 0 are 1.</summary>
    public void Write(ReadOnlySpan<int> integers, ref byte memory)
    {
        if (Form == ValueForm.Bits)
        {
            Conversions.PositiveBits(integers, Words(ref memory));
        }
        else
        {
            Conversions.Narrow(integers, MemoryMarshal.CreateSpan(ref Start(ref memory), Bytes));
        }
    }
}
