using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution on one image. The lanes are the positions of the padded input in their order, row after row, so the
/// plane of an input channel, kernel row and kernel column is the channel itself from another element on. Positions
/// where the kernel does not fit, or that a stride leaves out, are computed with the others and not read.
/// </summary>
internal abstract class ConvolutionKernel
{
    private bool _isAligned;
    private ulong[] _chosen = [];
    private int _outputRow;
    private int _positions;
    private int _windowRows;

    private protected ConvolutionKernel(Stage stage)
    {
        Stage = stage;
        Row = stage.Source.Width + 2 * stage.Linear.Padding;
        Rows = stage.Source.Height + 2 * stage.Linear.Padding;
        Positions = (Rows - stage.Linear.KernelHeight) * Row + Row - stage.Linear.KernelWidth + 1;
    }

    public abstract int ScratchBytes { get; }

    protected readonly Stage Stage;

    /// <summary>Length of a padded row.</summary>
    protected readonly int Row;

    /// <summary>Padded rows.</summary>
    protected readonly int Rows;

    /// <summary>Positions from the first one where the kernel fits to the last.</summary>
    protected readonly int Positions;

    private const int MostScratchBytes = 1 << 26;

    /// <summary>
    /// A kernel for the layer, or null where its rows do not fit into words or its lists or planes would take too much memory.
    /// </summary>
    public static ConvolutionKernel? Create(Stage stage, int widestVector)
    {
        int row = stage.Source.Width + 2 * stage.Linear.Padding;
        long positions = (long)row * (stage.Source.Height + 2 * stage.Linear.Padding - stage.Linear.KernelHeight + 1);
        long lanes =
            (Math.Max(8, 2L * row) * (stage.Source.Height + 2 * stage.Linear.Padding - stage.Linear.KernelHeight + 1) + 511) / 512 * 512;
        bool bits = stage.Source.Bits == 1;
        long memory = bits
            ? stage.Source.Channels / 8 * positions * stage.Linear.KernelHeight * stage.Linear.KernelWidth
            : stage.Source.Channels * positions * sizeof(int);
        if (row > 64 || stage.IsLarge || memory + stage.Linear.Outputs * lanes * sizeof(int) > MostScratchBytes)
        {
            return null;
        }

        ConvolutionKernel? fewer = widestVector switch
        {
            512 => Fewer<Width512, Vector512<ulong>>(),
            256 => Fewer<Width256, Vector256<ulong>>(),
            128 => Fewer<Width128, Vector128<ulong>>(),
            _ => null,
        };
        if (fewer is not null)
        {
            return fewer;
        }

        // Lanes of a pass: as wide as the processor goes, and no wider than the positions need.
        int unit =
            bits ? 1
            : stage.SumsFit16Bits ? 4
            : 8; // 64 lanes of bits, 16 of 16-bit, 8 of 32-bit integers
        return VectorWidth.For(positions * unit, widestVector) switch
        {
            512 => Create<Width512, Vector512<ulong>>(),
            256 => Create<Width256, Vector256<ulong>>(),
            128 => Create<Width128, Vector128<ulong>>(),
            _ => Create<Width64, ulong>(),
        };

        ConvolutionKernel? Fewer<TWidth, TVector>()
            where TWidth : struct, ITableWidth<TVector>
            where TVector : struct
        {
            if (RowConvolution<TWidth, TVector>.Fits(stage))
            {
                return new RowConvolution<TWidth, TVector>(stage);
            }

            // A lookup for all positions of a vector takes a cycle, about, and so does an addition for all bits of one; by
            // sharing, an output takes less than half as many of these as it has inputs.
            int width = VectorWidth.For(positions, widestVector);
            double additions = 0.5 * stage.Linear.Outputs * stage.FanIn * ((positions + width - 1) / width);
            return bits && stage.FanIn <= short.MaxValue && TableConvolution<TWidth, TVector>.Lookups(stage) < additions
                ? new TableConvolution<TWidth, TVector>(stage)
                : null;
        }

        ConvolutionKernel Create<TWidth, TVector>()
            where TWidth : struct, IWidth<TVector>
            where TVector : struct =>
            bits ? new ConvolutionKernel<BitLanes<TWidth, TVector>>(stage)
            : stage.SumsFit16Bits ? new ConvolutionKernel<IntegerLanes<TWidth, TVector, short>>(stage)
            : new ConvolutionKernel<IntegerLanes<TWidth, TVector, int>>(stage);
    }

    /// <summary>Runs the stage.</summary>
    /// <param name="source">The input: a <see cref="BitString"/>, bytes, or 32-bit integers.</param>
    /// <param name="form">Which.</param>
    /// <param name="result">Receives a <see cref="BitString"/> where the stage ends in a threshold, bytes or integers otherwise.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    public abstract void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch);

    /// <summary>
    /// Says how outputs are laid out. Behind those of the last channel there is room for <see cref="SpareElements"/> more.
    /// </summary>
    /// <param name="row">Positions from one row to the next.</param>
    /// <param name="positions">Positions of a channel, in whole vectors.</param>
    /// <param name="rowsJoined">Each row of bits is a window's rows, joined.</param>
    protected void Lay(int row, int positions, bool rowsJoined = false)
    {
        (_outputRow, _positions, _windowRows) = (row, positions, rowsJoined ? 1 : PoolSize);
        int stride = Stage.Linear.Stride;
        _chosen = new ulong[(positions + 63) / 64];
        bool aligned = row * stride % 8 == 0;
        for (int y = 0; y < Stage.Result.Height; y++)
        {
            for (int x = 0; x < Stage.Result.Width; x++)
            {
                int at = y * row * (rowsJoined ? 1 : PoolStep) + x * PoolStep;
                _chosen[at / 64] |= 1UL << (at & 63);
                aligned &= (at & 63) + (PoolSize - 1) * stride < 64;
            }
        }

        // Where a window's columns lie in one word, its rows are joined first, at whole bytes, many words at once.
        _isAligned = aligned;
    }

    /// <summary>Elements, or words of bits, that pooling may read behind the last position.</summary>
    protected int SpareElements(int row) => (PoolSize - 1) * Stage.Linear.Stride * (row + 1) + 2 * Vector512<int>.Count;

    /// <summary>Whole vectors of any width.</summary>
    protected static int Align(int bytes) => (bytes + 63) & ~63;

    private int PoolSize => Stage.Pool?.Size ?? 1;

    private int PoolStep => (Stage.Pool?.Stride ?? 1) * Stage.Linear.Stride;

    /// <summary>Max-pooling of signs is an OR; what remains is written one after another.</summary>
    /// <param name="threshold">Which channels to turn.</param>
    /// <param name="outputs">One bit a position; lost.</param>
    /// <param name="channelBytes">From one channel to the next: whole vectors of any width.</param>
    /// <param name="result">Receives the words, of which unused bits and the spare one are 0.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected void PoolBits(Threshold threshold, ref byte outputs, int channelBytes, ref ulong result)
    {
        // Bits gather in a register until they fill a word.
        ulong gathered = 0;
        int count = 0;
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int channel = 0; channel < flipped.Length; channel++)
        {
            ref byte bits = ref Unsafe.Add(ref outputs, channel * channelBytes);
            ulong flip = flipped[channel] ? ulong.MaxValue : 0;
            if (_isAligned && PoolSize > 1)
            {
                JoinAligned(ref bits);
            }

            for (int word = 0; word < _chosen.Length; word++)
            {
                ulong chosen = _chosen[word];
                if (chosen == 0)
                {
                    continue;
                }

                ulong joined = _isAligned
                    ? Unsafe.Add(ref Unsafe.As<byte, ulong>(ref bits), word)
                    : Join(ref Unsafe.As<byte, ulong>(ref bits), word);
                ulong some = BitString.Extract(joined ^ flip, chosen);
                gathered |= some << count;
                int more = BitOperations.PopCount(chosen),
                    room = 64 - count;
                count += more;
                if (count >= 64)
                {
                    result = gathered;
                    result = ref Unsafe.Add(ref result, 1);
                    gathered = room == 64 ? 0 : some >> room;
                    count -= 64;
                }
            }
        }

        result = gathered;
        Unsafe.Add(ref result, 1) = 0;
    }

    private ulong Join(ref ulong bits, int word)
    {
        ulong joined = 0;
        for (int y = 0; y < PoolSize; y++)
        {
            for (int x = 0; x < PoolSize; x++)
            {
                joined |= BitString.Read(ref bits, 64 * word + (y * _outputRow + x) * Stage.Linear.Stride);
            }
        }

        return joined;
    }

    /// <summary>In place: what is read lies behind what is written.</summary>
    private void JoinAligned(ref byte bits)
    {
        int size = PoolSize,
            stride = Stage.Linear.Stride,
            rowBytes = _outputRow * stride / 8;
        for (int at = 0; at < _chosen.Length * sizeof(ulong); at += Vector512<byte>.Count)
        {
            Vector512<ulong> rows = Vector512<ulong>.Zero;
            for (int y = 0; y < _windowRows; y++)
            {
                rows |= Vector512.LoadUnsafe(ref bits, (nuint)(at + y * rowBytes)).AsUInt64();
            }

            Vector512<ulong> joined = rows;
            for (int x = 1; x < size; x++)
            {
                joined |= rows >>> (x * stride);
            }

            joined.AsByte().StoreUnsafe(ref bits, (nuint)at);
        }
    }

    /// <summary>Pools sums and ends the layer; the sums are lost.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected void PoolIntegers(Span<int> sums, ref byte result)
    {
        (int width, int height, int step) = (Stage.Result.Width, Stage.Result.Height, PoolStep);
        int area = height * width;
        if (Stage.Ending is Threshold)
        {
            MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref result), BitString.Words(Stage.Result.Count)).Clear();
        }

        for (int channel = 0; channel < Stage.Linear.Outputs; channel++)
        {
            ref int positions = ref sums[channel * _positions];
            if (PoolSize > 1)
            {
                Endings.Max(
                    ref positions,
                    ((height - 1) * _outputRow + width - 1) * step + 1,
                    PoolSize,
                    Stage.Linear.Stride,
                    _outputRow * Stage.Linear.Stride
                );
            }

            // What ends the layer reads them without gaps; where nothing does, they are the result.
            ref int kept = ref Stage.Ending is null ? ref Unsafe.Add(ref Unsafe.As<byte, int>(ref result), channel * area) : ref positions;
            for (int y = 0; y < height; y++)
            {
                Endings.Keep(ref Unsafe.Add(ref positions, y * _outputRow * step), step, ref Unsafe.Add(ref kept, y * width), width);
            }

            Span<int> pooled = MemoryMarshal.CreateSpan(ref kept, area);
            switch (Stage.Ending)
            {
                case Threshold threshold:
                    for (int first = 0; first < area; first += 64)
                    {
                        ulong signs = Endings.Signs(threshold, channel, pooled.Slice(first, Math.Min(64, area - first)));
                        BitString.Append(ref Unsafe.As<byte, ulong>(ref result), channel * area + first, signs);
                    }

                    break;
                case Requantize { OutputBits: 8 } requantize:
                    Endings.Requantize(
                        requantize,
                        channel,
                        pooled,
                        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref result, channel * area), area)
                    );
                    break;
            }
        }
    }
}

/// <inheritdoc/>
internal sealed class ConvolutionKernel<TLanes> : ConvolutionKernel
    where TLanes : struct, ILanes
{
    private readonly PlaneSums _sums;
    private readonly int _passes;
    private readonly int _planes;
    private readonly int _planeBytes;
    private readonly int _outputs;
    private readonly int _slots;

    public ConvolutionKernel(Stage stage)
        : base(stage)
    {
        Linear linear = stage.Linear;
        int area = linear.KernelHeight * linear.KernelWidth;
        _passes = (Positions + TLanes.Lanes - 1) / TLanes.Lanes;
        _planeBytes = _passes * TLanes.PlaneBytes;
        _sums = new PlaneSums(
            stage,
            (channel, y, x) =>
                IsBits ? (channel * area + y * linear.KernelWidth + x) * _planeBytes : ((channel * Rows + y) * Row + x) * ElementBytes
        );

        // Scratch: the input's planes, then the outputs of all positions, then the slots. The last position's pass reads beyond it.
        _planes = IsBits
            ? stage.Source.Channels * area * _planeBytes + BitString.Words(Rows * Row) * sizeof(ulong)
            : stage.Source.Channels * Rows * Row * ElementBytes + _planeBytes;
        _outputs = linear.Outputs * (stage.Ending is Threshold ? OutputBitBytes : ChannelElements * sizeof(int));
        _planes = Align(_planes);
        _outputs = Align(_outputs + SpareElements(Row) * sizeof(int));
        _slots = _sums.ScratchBytes<TLanes>();
        Lay(Row, ChannelElements);
    }

    public override int ScratchBytes => _planes + _outputs + _slots;

    private static bool IsBits => TLanes.Lanes == 8 * TLanes.PlaneBytes;

    private static int ElementBytes => TLanes.PlaneBytes / TLanes.Lanes;

    /// <summary>Elements of one output's sums at all positions, in whole vectors of any width.</summary>
    private int ChannelElements => (_passes * TLanes.Lanes + Vector512<int>.Count - 1) / Vector512<int>.Count * Vector512<int>.Count;

    /// <summary>Bytes of one output's bits at all positions.</summary>
    private int OutputBitBytes => Align(_passes * TLanes.Lanes / 8);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        if (IsBits)
        {
            BitPlanes(ref Unsafe.As<byte, ulong>(ref source), ref scratch);
        }
        else
        {
            IntegerPlanes(ref source, form, ref scratch);
        }

        ref byte outputs = ref Unsafe.Add(ref scratch, _planes);
        ref byte slots = ref Unsafe.Add(ref outputs, _outputs);
        Span<int> sums = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref outputs), _outputs / sizeof(int));
        for (int pass = 0; pass < _passes; pass++)
        {
            ref byte planes = ref Unsafe.Add(ref scratch, pass * TLanes.PlaneBytes);
            for (int group = 0; group < Stage.Linear.Groups; group++)
            {
                if (Stage.Ending is Threshold)
                {
                    _sums.Compare<TLanes>(
                        ref planes,
                        group,
                        ref slots,
                        ref Unsafe.Add(ref outputs, pass * TLanes.Lanes / 8),
                        OutputBitBytes,
                        join: false
                    );
                }
                else
                {
                    _sums.Integers<TLanes>(ref planes, group, ref slots, sums[(pass * TLanes.Lanes)..], ChannelElements, join: false);
                }
            }
        }

        if (Stage.Ending is Threshold threshold)
        {
            PoolBits(threshold, ref outputs, OutputBitBytes, ref Unsafe.As<byte, ulong>(ref result));
        }
        else
        {
            PoolIntegers(sums, ref result);
        }
    }

    /// <summary>Each plane is a channel, moved by some bits.</summary>
    private void BitPlanes(ref ulong source, ref byte planes)
    {
        (ValueInfo shape, Linear linear) = (Stage.Source, Stage.Linear);
        ref ulong padded = ref Unsafe.As<byte, ulong>(
            ref Unsafe.Add(ref planes, shape.Channels * linear.KernelHeight * linear.KernelWidth * _planeBytes)
        );
        int words = _planeBytes / sizeof(ulong),
            row = Row,
            paddedWords = BitString.Words(Rows * row);
        ref ulong plane = ref Unsafe.As<byte, ulong>(ref planes);
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            MemoryMarshal.CreateSpan(ref padded, paddedWords).Clear();
            int rows = linear.Padding > 0 ? shape.Height : 1,
                run = shape.Height * shape.Width / rows; // Without padding all rows are one.
            for (int y = 0; y < rows; y++)
            {
                int from = (channel * rows + y) * run,
                    to = (y + linear.Padding) * row + linear.Padding;
                for (int done = 0; done < run; done += 64)
                {
                    BitString.Append(
                        ref padded,
                        to + done,
                        BitString.Read(ref source, from + done) & BitString.Low(Math.Min(64, run - done))
                    );
                }
            }

            for (int y = 0; y < linear.KernelHeight; y++)
            {
                for (int x = 0; x < linear.KernelWidth; x++, plane = ref Unsafe.Add(ref plane, words))
                {
                    int start = y * row + x,
                        shift = start & 63,
                        count = Math.Min(words, paddedWords - 1 - start / 64);
                    ref ulong word = ref Unsafe.Add(ref padded, start / 64);
                    for (int w = 0; w < count; w++)
                    {
                        Unsafe.Add(ref plane, w) = (Unsafe.Add(ref word, w) >> shift) | (Unsafe.Add(ref word, w + 1) << 1 << (63 - shift));
                    }
                }
            }
        }
    }

    /// <summary>The channels, padded, as integers of the lanes' width.</summary>
    private void IntegerPlanes(ref byte source, ValueForm form, ref byte planes)
    {
        (ValueInfo shape, int padding) = (Stage.Source, Stage.Linear.Padding);
        if (padding > 0)
        {
            MemoryMarshal.CreateSpan(ref planes, shape.Channels * Rows * Row * ElementBytes).Clear();
        }

        int run = padding > 0 ? shape.Width : shape.Count; // Without padding all rows are one.
        for (int element = 0; element < shape.Count; element += run)
        {
            int row = element / shape.Width;
            int at = padding > 0 ? ((row / shape.Height * Rows) + row % shape.Height + padding) * Row + padding : 0;
            Span<byte> destination = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref planes, at * ElementBytes), run * ElementBytes);
            if (form == ValueForm.Bytes)
            {
                Endings.Widen(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, element), run), destination);
            }
            else
            {
                Endings.Narrow(
                    MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref Unsafe.As<byte, int>(ref source), element), run),
                    destination
                );
            }
        }
    }
}
