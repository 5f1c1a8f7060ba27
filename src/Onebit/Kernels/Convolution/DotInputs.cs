using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// What a <see cref="DotConvolution{TOps, TVector}"/> multiplies: four inputs of a position side by side, step by step. They are four
/// channels, or four columns of one channel where that takes fewer steps.
/// </summary>
internal sealed class DotInputs
{
    /// <summary>Inputs of a step.</summary>
    public const int Count = 4;

    private readonly Linear _linear;
    private readonly bool _byColumns;
    private readonly int _channels; // of a group
    private readonly int _planes; // of four inputs side by side, in a group
    private readonly int _columns; // Steps of a row of the kernel.
    private readonly int _row;
    private readonly int _rows;
    private readonly int _height;
    private readonly int _width;
    private readonly int _stripRows;
    private readonly int _stepBytes;

    /// <param name="layer">The layer.</param>
    /// <param name="stripRows">Rows of outputs in a strip.</param>
    /// <param name="stepBytes">Bytes from one step to the next in a strip.</param>
    public DotInputs(FusedLinear layer, int stripRows, int stepBytes)
    {
        (_linear, _stripRows, _stepBytes) = (layer.Linear, stripRows, stepBytes);
        (_height, _width) = Size(layer);
        (_row, _rows) = (layer.Source.Width + 2 * _linear.Padding, layer.Source.Height + 2 * _linear.Padding);
        _channels = layer.Source.Channels / _linear.Groups;
        _byColumns = IsByColumns(layer);
        _planes = _byColumns ? _channels : Parts(_channels);
        _columns = _byColumns ? Parts(_linear.KernelWidth) : _linear.KernelWidth;
    }

    /// <summary>Bytes that <see cref="Interleave"/> writes.</summary>
    public int InterleavedBytes => (_planes * _rows * _row + 2 * Vector128<byte>.Count) * Count;

    /// <summary>Rows and columns of the outputs, before pooling.</summary>
    public static (int Height, int Width) Size(FusedLinear layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        return (
            (source.Height + 2 * linear.Padding - linear.KernelHeight) / linear.Stride + 1,
            (source.Width + 2 * linear.Padding - linear.KernelWidth) / linear.Stride + 1
        );
    }

    /// <summary>Steps of an output.</summary>
    public static int Steps(FusedLinear layer) => IsByColumns(layer) ? ByColumns(layer) : ByChannels(layer);

    /// <summary>Where the product of an input lies.</summary>
    /// <returns>The step, and which of its four inputs it is.</returns>
    public (int Step, int Lane) Place(int channel, int row, int column)
    {
        (int plane, int x, int lane) = _byColumns ? (channel, column / Count, column % Count) : (channel / Count, column, channel % Count);
        return ((plane * _linear.KernelHeight + row) * _columns + x, lane);
    }

    /// <summary>Puts four inputs side by side at each padded position.</summary>
    /// <param name="padded">The channels of a group. Up to 35 bytes behind them are read.</param>
    /// <param name="interleaved">Receives <see cref="InterleavedBytes"/>.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Interleave(ref byte padded, ref byte interleaved)
    {
        int area = _rows * _row;
        for (int plane = 0; plane < _planes; plane++)
        {
            ref byte to = ref Unsafe.Add(ref interleaved, plane * area * Count);
            ref byte first = ref Unsafe.Add(ref padded, plane * (_byColumns ? 1 : Count) * area);
            int left = _channels - plane * Count; // Channels that do not exist meet weights of 0.
            nuint second =
                    (nuint)(
                        _byColumns ? 1
                        : left > 1 ? area
                        : 0
                    ),
                third =
                    (nuint)(
                        _byColumns ? 2
                        : left > 2 ? 2 * area
                        : 0
                    ),
                fourth =
                    (nuint)(
                        _byColumns ? 3
                        : left > 3 ? 3 * area
                        : 0
                    );
            for (int i = 0; i < area; i += Vector128<byte>.Count)
            {
                ref byte from = ref Unsafe.Add(ref first, i);
                Vector256<byte> low = Zip(Vector128.LoadUnsafe(ref from), Vector128.LoadUnsafe(ref from, second)),
                    high = Zip(Vector128.LoadUnsafe(ref from, third), Vector128.LoadUnsafe(ref from, fourth));
                ref byte place = ref Unsafe.Add(ref to, i * Count);
                (Vector256<ushort> a, Vector256<ushort> b) = (low.AsUInt16(), high.AsUInt16());
                (Vector256<uint> evens, Vector256<uint> odds) = (
                    Interleave16(a.GetLower(), b.GetLower()),
                    Interleave16(a.GetUpper(), b.GetUpper())
                );
                evens.AsByte().StoreUnsafe(ref place);
                odds.AsByte().StoreUnsafe(ref place, (nuint)Vector256<byte>.Count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<byte> Zip(Vector128<byte> a, Vector128<byte> b) =>
            (Vector256.WidenLower(a.ToVector256Unsafe()) | (Vector256.WidenLower(b.ToVector256Unsafe()) << 8)).AsByte();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<uint> Interleave16(Vector128<ushort> a, Vector128<ushort> b) =>
            Vector256.WidenLower(a.ToVector256Unsafe()) | (Vector256.WidenLower(b.ToVector256Unsafe()) << 16);
    }

    /// <summary>What each step reads at the positions of a strip, without gaps.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Gather(ref byte interleaved, int firstRow, ref byte patches)
    {
        Linear linear = _linear;
        int rows = Math.Min(_stripRows, _height - firstRow),
            columnBytes = _byColumns ? Count * Count : Count,
            rowBytes = _width * Count,
            nextRow = linear.Stride * _row * Count;
        for (int plane = 0; plane < _planes; plane++)
        {
            for (int ky = 0; ky < linear.KernelHeight; ky++)
            {
                ref byte first = ref Unsafe.Add(ref interleaved, ((plane * _rows + firstRow * linear.Stride + ky) * _row) * Count);
                for (int x = 0; x < _columns; x++, patches = ref Unsafe.Add(ref patches, _stepBytes))
                {
                    // Rows are written in order, so what a vector writes beyond one is overwritten by the next.
                    ref byte from = ref Unsafe.Add(ref first, x * columnBytes),
                        to = ref patches;
                    for (int y = 0; y < rows; y++, from = ref Unsafe.Add(ref from, nextRow), to = ref Unsafe.Add(ref to, rowBytes))
                    {
                        if (linear.Stride == 1)
                        {
                            for (int at = 0; at < rowBytes; at += Vector256<byte>.Count)
                            {
                                Vector256.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)at);
                            }
                        }
                        else
                        {
                            for (int i = 0; i < _width; i++)
                            {
                                Unsafe.Add(ref Unsafe.As<byte, int>(ref to), i) = Unsafe.Add(
                                    ref Unsafe.As<byte, int>(ref from),
                                    i * linear.Stride
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    private static int Parts(int count) => (count + Count - 1) / Count;

    private static bool IsByColumns(FusedLinear layer) => ByColumns(layer) < ByChannels(layer);

    private static int ByColumns(FusedLinear layer) =>
        layer.Source.Channels / layer.Linear.Groups * layer.Linear.KernelHeight * Parts(layer.Linear.KernelWidth);

    private static int ByChannels(FusedLinear layer) =>
        Parts(layer.Source.Channels / layer.Linear.Groups) * layer.Linear.KernelHeight * layer.Linear.KernelWidth;
}
