using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary><see cref="Upsample"/>. The rows of all channels lie one below the other.</summary>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives, stored alike.</param>
internal sealed class PlannedUpsample(StoredValue source, StoredValue result) : PlannedOperation
{
    private const int Copies = 2; // of each row

    private readonly int _width = source.Info.Width;
    private readonly int _rows = source.Info.Channels * source.Info.Height;

    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary)
    {
        switch (source.Form)
        {
            case ValueForm.Bits:
                RepeatBits(ref source.Words(ref memory)[0], ref result.Words(ref memory)[0]);
                break;
            case ValueForm.Bytes:
                RepeatBytes(ref source.Start(ref memory), ref result.Start(ref memory));
                break;
            default:
                RepeatIntegers(source.Integers(ref memory), result.Integers(ref memory));
                break;
        }
    }

    private void RepeatBits(ref ulong words, ref ulong twice)
    {
        var writer = new BitWriter(ref twice);
        for (int row = 0; row < Copies * _rows; row++)
        {
            int start = row / Copies * _width;
            for (int x = 0; x < _width; x += 32)
            {
                int count = Math.Min(32, _width - x);
                writer.Append(Twice(BitString.Read(ref words, start + x) & BitString.Low(count)), 2 * count);
            }
        }

        writer.End();
    }

    /// <summary>Each of 32 bits two times.</summary>
    private static ulong Twice(ulong bits)
    {
        bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF;
        bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF;
        bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F;
        bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
        bits = (bits | bits << 1) & 0x5555_5555_5555_5555;
        return bits | bits << 1;
    }

    /// <summary>Rows are written in order, so what a vector writes beyond one is overwritten by the next.</summary>
    private void RepeatBytes(ref byte from, ref byte to)
    {
        for (int row = 0; row < Copies * _rows; row++, to = ref Unsafe.Add(ref to, 2 * _width))
        {
            ref byte own = ref Unsafe.Add(ref from, row / Copies * _width);
            for (int x = 0; x < _width; x += Vector128<byte>.Count)
            {
                var some = Vector128.LoadUnsafe(ref own, (nuint)x);
                var pairs = Vector256.Create(Vector128.WidenLower(some), Vector128.WidenUpper(some));
                (pairs | pairs << 8).AsByte().StoreUnsafe(ref to, (nuint)(2 * x));
            }
        }
    }

    private void RepeatIntegers(ReadOnlySpan<int> from, Span<int> to)
    {
        for (int row = 0; row < Copies * _rows; row++, to = to[(2 * _width)..])
        {
            ReadOnlySpan<int> own = from.Slice(row / Copies * _width, _width);
            for (int x = 0; x < own.Length; x++)
            {
                to[2 * x] = to[2 * x + 1] = own[x];
            }
        }
    }
}
