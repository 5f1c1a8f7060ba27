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

    /// <summary>The most padded positions from one column of the result to the next.</summary>
    public const int MaxStep = 2;

    private readonly Linear _linear;
    private readonly bool _byColumns;
    private readonly int _channels; // of a group
    private readonly int _planes; // of four inputs side by side, in a group
    private readonly int _columns; // Steps of a row of the kernel.
    private readonly int _row;
    private readonly int _rows;
    private readonly int _windows; // Positions of a window of the pool, along one side.
    private readonly int _step; // Padded positions from one row or column of the result to the next.
    private readonly int _pitch; // Every so many columns lie side by side, and so many of them in a row.
    private readonly int _width;
    private readonly int _stripRows;
    private readonly int _stepBytes;
    private readonly Run[][] _runs; // of each strip
    private readonly int[] _places; // of a column in its row, in bytes

    /// <param name="layer">The layer.</param>
    /// <param name="stripRows">Rows of a strip.</param>
    /// <param name="stepBytes">Bytes from one step to the next in a strip.</param>
    public DotInputs(FusedLinear layer, int stripRows, int stepBytes)
    {
        (_linear, _stripRows, _stepBytes) = (layer.Linear, stripRows, stepBytes);
        _width = layer.Result.Width;
        (_row, _rows) = (layer.Source.Width + 2 * _linear.Padding, layer.Source.Height + 2 * _linear.Padding);
        _channels = layer.Source.Channels / _linear.Groups;
        _byColumns = IsByColumns(layer);
        _planes = _byColumns ? _channels : Parts(_channels);
        _columns = _byColumns ? Parts(_linear.KernelWidth) : _linear.KernelWidth;
        _windows = layer.Pool?.Size ?? 1;
        _step = _linear.Stride * _windows;
        _pitch = (_row + _step - 1) / _step;
        _runs = new Run[(Rows(layer) + stripRows - 1) / stripRows][];
        for (int strip = 0; strip < _runs.Length; strip++)
        {
            _runs[strip] = Runs(strip * stripRows, layer.Result.Height);
        }

        _places = new int[_windows * _linear.Stride + _linear.KernelWidth];
        for (int column = 0; column < _places.Length; column++)
        {
            _places[column] = (column % _step * _pitch + column / _step) * Count;
        }
    }

    /// <summary>Bytes that <see cref="Interleave"/> writes.</summary>
    public int InterleavedBytes => (_planes * _rows * _step * _pitch + 4 * Vector128<byte>.Count) * Count;

    /// <summary>
    /// Rows to compute: those of the result, for each position of a window of its pool. The maximum of a window is that of values one
    /// result apart.
    /// </summary>
    public static int Rows(FusedLinear layer) => layer.Result.Height * (layer.Pool?.Size ?? 1) * (layer.Pool?.Size ?? 1);

    /// <summary>Steps of an output.</summary>
    public static int Steps(FusedLinear layer) => IsByColumns(layer) ? ByColumns(layer) : ByChannels(layer);

    /// <summary>Where the product of an input lies.</summary>
    /// <returns>The step, and which of its four inputs it is.</returns>
    public (int Step, int Lane) Place(int channel, int row, int column)
    {
        (int plane, int x, int lane) = _byColumns ? (channel, column / Count, column % Count) : (channel / Count, column, channel % Count);
        return ((plane * _linear.KernelHeight + row) * _columns + x, lane);
    }

    /// <summary>Puts four inputs side by side at each padded position, and columns side by side that one step reads.</summary>
    /// <param name="padded">The channels of a group. Up to 35 bytes behind them are read.</param>
    /// <param name="interleaved">Receives <see cref="InterleavedBytes"/>.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Interleave(ref byte padded, ref byte interleaved)
    {
        int area = _rows * _row;
        for (int plane = 0; plane < _planes; plane++)
        {
            ref byte first = ref Unsafe.Add(ref padded, plane * (_byColumns ? 1 : Count) * area);
            ref byte to = ref Unsafe.Add(ref interleaved, plane * _rows * _step * _pitch * Count);

            // Channels that do not exist meet weights of 0.
            int next = _byColumns ? 1 : area,
                last = _byColumns ? Count - 1 : Math.Min(Count, _channels - plane * Count) - 1;
            nuint second = (nuint)(Math.Min(1, last) * next),
                third = (nuint)(Math.Min(2, last) * next),
                fourth = (nuint)(Math.Min(3, last) * next);
            if (_step == 1)
            {
                InOrder(ref first, second, third, fourth, area, ref to);
            }
            else
            {
                for (int y = 0; y < _rows; y++, to = ref Unsafe.Add(ref to, 2 * _pitch * Count))
                {
                    InHalves(ref Unsafe.Add(ref first, y * _row), second, third, fourth, ref to);
                }
            }
        }
    }

    /// <summary>Positions in their order.</summary>
    private static void InOrder(ref byte first, nuint second, nuint third, nuint fourth, int count, ref byte to)
    {
        for (int i = 0; i < count; i += Vector128<byte>.Count)
        {
            ref byte from = ref Unsafe.Add(ref first, i),
                place = ref Unsafe.Add(ref to, i * Count);
            Vector256<ushort> low = Zip(Wide(ref from, 0), Wide(ref from, second)),
                high = Zip(Wide(ref from, third), Wide(ref from, fourth));
            Zip(low.GetLower(), high.GetLower()).StoreUnsafe(ref place);
            Zip(low.GetUpper(), high.GetUpper()).StoreUnsafe(ref place, (nuint)Vector256<byte>.Count);
        }
    }

    /// <summary>The even columns of a row, then the odd ones.</summary>
    private void InHalves(ref byte first, nuint second, nuint third, nuint fourth, ref byte to)
    {
        for (int odd = 0; odd < 2; odd++)
        {
            for (int x = 0; x < _pitch; x += Vector128<ushort>.Count)
            {
                ref byte from = ref Unsafe.Add(ref first, 2 * x + odd);
                Vector128<ushort> low = Every(ref from, 0) | (Every(ref from, second) << 8),
                    high = Every(ref from, third) | (Every(ref from, fourth) << 8);
                Zip(low, high).StoreUnsafe(ref to, (nuint)((odd * _pitch + x) * Count));
            }
        }

        static Vector128<ushort> Every(ref byte from, nuint place) =>
            Vector128.LoadUnsafe(ref from, place).AsUInt16() & Vector128.Create((ushort)byte.MaxValue);
    }

    private static Vector256<ushort> Wide(ref byte from, nuint place) =>
        Vector256.WidenLower(Vector128.LoadUnsafe(ref from, place).ToVector256Unsafe());

    private static Vector256<ushort> Zip(Vector256<ushort> a, Vector256<ushort> b) => a | (b << 8);

    private static Vector256<byte> Zip(Vector128<ushort> a, Vector128<ushort> b) =>
        (Vector256.WidenLower(a.ToVector256Unsafe()) | (Vector256.WidenLower(b.ToVector256Unsafe()) << 16)).AsByte();

    /// <summary>What each step reads at the positions of a strip, without gaps.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Gather(ref byte interleaved, int strip, ref byte patches)
    {
        int rowBytes = _width * Count,
            lineBytes = _step * _pitch * Count, // of a padded row
            nextRow = _step * lineBytes;
        ReadOnlySpan<Run> runs = _runs[strip];
        for (int plane = 0; plane < _planes; plane++)
        {
            for (int ky = 0; ky < _linear.KernelHeight; ky++)
            {
                ref byte line = ref Unsafe.Add(ref interleaved, (plane * _rows + ky) * lineBytes);
                for (int x = 0; x < _columns; x++, patches = ref Unsafe.Add(ref patches, _stepBytes))
                {
                    int kx = _byColumns ? x * Count : x;
                    ref byte to = ref patches;
                    foreach (Run run in runs)
                    {
                        // Rows are written in order, so what a vector writes beyond one is overwritten by the next.
                        ref byte from = ref Unsafe.Add(ref line, run.Top * lineBytes + _places[run.Left + kx]);
                        for (int row = run.Rows; row > 0; row--)
                        {
                            Vector256.LoadUnsafe(ref from).StoreUnsafe(ref to);
                            for (int at = Vector256<byte>.Count; at < rowBytes; at += Vector256<byte>.Count)
                            {
                                Vector256.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)at);
                            }

                            from = ref Unsafe.Add(ref from, nextRow);
                            to = ref Unsafe.Add(ref to, rowBytes);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The rows of a strip, those of one position of the windows together.</summary>
    private Run[] Runs(int firstRow, int height)
    {
        int end = Math.Min(firstRow + _stripRows, height * _windows * _windows),
            count = 0;
        var runs = new Run[(end - 1) / height - firstRow / height + 1];
        while (firstRow < end)
        {
            (int window, int y) = Math.DivRem(firstRow, height);
            int rows = Math.Min(height - y, end - firstRow);
            runs[count++] = new Run(y * _step + window / _windows * _linear.Stride, window % _windows * _linear.Stride, rows);
            firstRow += rows;
        }

        return runs;
    }

    private static int Parts(int count) => (count + Count - 1) / Count;

    private static bool IsByColumns(FusedLinear layer) => ByColumns(layer) < ByChannels(layer);

    private static int ByColumns(FusedLinear layer) =>
        layer.Source.Channels / layer.Linear.Groups * layer.Linear.KernelHeight * Parts(layer.Linear.KernelWidth);

    private static int ByChannels(FusedLinear layer) =>
        Parts(layer.Source.Channels / layer.Linear.Groups) * layer.Linear.KernelHeight * layer.Linear.KernelWidth;

    /// <summary>Rows that lie one row of the result apart.</summary>
    /// <param name="top">The first padded row.</param>
    /// <param name="left">The first padded column.</param>
    /// <param name="rows">How many.</param>
    private readonly struct Run(int top, int left, int rows)
    {
        public readonly int Top = top,
            Left = left,
            Rows = rows;
    }
}
