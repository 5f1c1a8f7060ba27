using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// The end of a convolution: max-pooling and epilogue of the outputs at all positions. It drops positions where the kernel does not fit
/// and those that a stride leaves out.
/// </summary>
internal sealed class OutputPooling
{
    private readonly FusedLinear _layer;
    private readonly Requantization? _requantization;
    private readonly int _row;
    private readonly int _positions;
    private readonly int _size;
    private readonly int _stride;
    private readonly int _step;
    private readonly ulong[] _chosen;
    private readonly bool _isAligned;

    /// <param name="layer">The layer.</param>
    /// <param name="row">Positions from one row to the next.</param>
    /// <param name="positions">
    /// Positions of a channel, in whole vectors. Behind those of the last channel there is room for <see cref="SpareElements"/>.
    /// </param>
    /// <param name="stride">The stride of the positions that the layer keeps: its own, or 1 where no others were computed.</param>
    public OutputPooling(FusedLinear layer, int row, int positions, int stride)
    {
        (_layer, _row, _positions) = (layer, row, positions);
        _requantization = Requantization.Of(layer);
        _size = layer.Pool?.Size ?? 1;
        _stride = stride;
        _step = (layer.Pool?.Stride ?? 1) * _stride;
        _chosen = new ulong[(positions + 63) / 64];
        bool aligned = row * _stride % 8 == 0;
        for (int y = 0; y < layer.Result.Height; y++)
        {
            for (int x = 0; x < layer.Result.Width; x++)
            {
                int at = (y * row + x) * _step;
                _chosen[at / 64] |= 1UL << (at & 63);
                aligned &= (at & 63) + (_size - 1) * _stride < 64;
            }
        }

        // Where a window's columns lie in one word, its rows are pooled first, at whole bytes, many words at once.
        _isAligned = aligned;
    }

    /// <summary>Elements, or words of bits, that pooling may read behind the last position.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="row">Positions from one row to the next.</param>
    /// <param name="stride">As above.</param>
    public static int SpareElements(FusedLinear layer, int row, int stride) =>
        ((layer.Pool?.Size ?? 1) - 1) * stride * (row + 1) + 2 * Vector512<int>.Count;

    /// <summary>Pools bits. The largest of signs is their OR. What remains is written without gaps.</summary>
    /// <param name="threshold">Says which channels are flipped.</param>
    /// <param name="outputs">One bit per position. They are lost.</param>
    /// <param name="channelBytes">Bytes from one channel to the next: whole vectors of any width.</param>
    /// <param name="result">Receives the words. Unused bits and the spare word are 0.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Bits(Threshold threshold, ref byte outputs, int channelBytes, ref ulong result)
    {
        var writer = new BitWriter(ref result);
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int channel = 0; channel < flipped.Length; channel++)
        {
            ref byte bits = ref Unsafe.Add(ref outputs, channel * channelBytes);
            ulong flip = flipped[channel] ? ulong.MaxValue : 0;
            if (_isAligned && _size > 1)
            {
                OrAligned(ref bits);
            }

            for (int word = 0; word < _chosen.Length; word++)
            {
                ulong chosen = _chosen[word];
                if (chosen == 0)
                {
                    continue;
                }

                ulong pooled = _isAligned
                    ? Unsafe.Add(ref Unsafe.As<byte, ulong>(ref bits), word)
                    : Or(ref Unsafe.As<byte, ulong>(ref bits), word);
                ulong some = BitString.Extract(pooled ^ flip, chosen);
                writer.Append(some, BitOperations.PopCount(chosen));
            }
        }

        writer.End();
    }

    /// <summary>The windows of 64 positions.</summary>
    private ulong Or(ref ulong bits, int word)
    {
        ulong pooled = 0;
        for (int y = 0; y < _size; y++)
        {
            for (int x = 0; x < _size; x++)
            {
                pooled |= BitString.Read(ref bits, 64 * word + (y * _row + x) * _stride);
            }
        }

        return pooled;
    }

    /// <summary>The windows of all positions of a channel, in place: what is read lies behind what is written.</summary>
    private void OrAligned(ref byte bits)
    {
        int size = _size,
            stride = _stride,
            rowBytes = _row * stride / 8;
        for (int at = 0; at < _chosen.Length * sizeof(ulong); at += Vector512<byte>.Count)
        {
            Vector512<ulong> rows = Vector512<ulong>.Zero;
            for (int y = 0; y < _size; y++)
            {
                rows |= Vector512.LoadUnsafe(ref bits, (nuint)(at + y * rowBytes)).AsUInt64();
            }

            Vector512<ulong> pooled = rows;
            for (int x = 1; x < size; x++)
            {
                pooled |= rows >>> (x * stride);
            }

            pooled.AsByte().StoreUnsafe(ref bits, (nuint)at);
        }
    }

    /// <summary>Moves the kept positions of a channel together, in place.</summary>
    private void CopyRows(ref int positions, (int Height, int Width) size)
    {
        int vector = Vector512<int>.Count;
        if (_step == 1 && size.Width <= vector && 2 * _row >= vector && (size.Height - 1) * size.Width + vector <= _positions)
        {
            // Whole vectors: the next row overwrites what is too much, or it lies behind the value. Each row is read before the one
            // ahead of it is written.
            Vector512<int> row = Vector512.LoadUnsafe(ref positions);
            for (int y = 0; y < size.Height; y++)
            {
                Vector512<int> next = Vector512.LoadUnsafe(ref positions, (nuint)(Math.Min(y + 1, size.Height - 1) * _row));
                row.StoreUnsafe(ref positions, (nuint)(y * size.Width));
                row = next;
            }

            return;
        }

        for (int y = 0; y < size.Height; y++)
        {
            WindowMax.CopyStrided(
                ref Unsafe.Add(ref positions, y * _row * _step),
                _step,
                ref Unsafe.Add(ref positions, y * size.Width),
                size.Width
            );
        }
    }

    /// <summary>Pools sums and ends the layer.</summary>
    /// <param name="sums">The sums of the first output at all positions, then those of the next one. They are lost.</param>
    /// <param name="result">Receives a <see cref="BitString"/>, bytes or integers, see <see cref="ValueForm"/>.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Integers(Span<int> sums, ref byte result)
    {
        (int width, int height, int step) = (_layer.Result.Width, _layer.Result.Height, _step);
        int area = height * width;
        bool hasGaps = step > 1 || (height > 1 && width < _row);
        for (int channel = 0; channel < _layer.Linear.Outputs; channel++)
        {
            ref int positions = ref sums[channel * _positions];
            if (_size > 1)
            {
                WindowMax.Run(ref positions, ((height - 1) * _row + width - 1) * step + 1, _size, _stride, _row * _stride);
            }

            if (hasGaps)
            {
                CopyRows(ref positions, (height, width));
            }
        }

        End(sums, ref result);
    }

    /// <summary>Ends the layer with sums that are pooled and have no gaps.</summary>
    /// <param name="sums">The sums of the first output, then those of the next one, as many positions apart as it was made for.</param>
    /// <param name="result">As above.</param>
    public void End(Span<int> sums, ref byte result)
    {
        int area = _layer.Result.Area;
        switch (_layer.Epilogue)
        {
            case null:
                for (int channel = 0; channel < _layer.Linear.Outputs; channel++)
                {
                    ref int first = ref Unsafe.Add(ref Unsafe.As<byte, int>(ref result), channel * area);
                    sums.Slice(channel * _positions, area).CopyTo(MemoryMarshal.CreateSpan(ref first, area));
                }

                break;
            case Threshold threshold:
                ThresholdCompare.Write(threshold, sums, _positions, area, ref Unsafe.As<byte, ulong>(ref result));
                break;
            case Requantize { OutputBits: 16 }:
                _requantization!.Integers(ref sums[0], _positions, ref Unsafe.As<byte, int>(ref result), area);
                break;
            case Requantize:
                _requantization!.Codes(ref sums[0], _positions, ref result, area, area);
                break;
        }
    }
}
