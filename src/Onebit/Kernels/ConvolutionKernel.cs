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
    private protected ConvolutionKernel(Stage stage)
    {
        Stage = stage;
        Row = stage.Source.Width + 2 * stage.Linear.Padding;
        Rows = stage.Source.Height + 2 * stage.Linear.Padding;
        Positions = (Rows - stage.Linear.KernelHeight) * Row + Row - stage.Linear.KernelWidth + 1;
    }

    public abstract int ScratchBytes { get; }

    protected Stage Stage { get; }

    /// <summary>Length of a padded row.</summary>
    protected int Row { get; }

    /// <summary>Padded rows.</summary>
    protected int Rows { get; }

    /// <summary>Positions from the first one where the kernel fits to the last.</summary>
    protected int Positions { get; }

    private const int MostScratchBytes = 1 << 26;

    /// <summary>A kernel for the layer, or null where its rows do not fit into words or its lists or planes would take too much memory.</summary>
    public static ConvolutionKernel? Create(Stage stage, int widestVector)
    {
        int row = stage.Source.Width + 2 * stage.Linear.Padding;
        long positions = (long)row * (stage.Source.Height + 2 * stage.Linear.Padding - stage.Linear.KernelHeight + 1);
        bool bits = stage.Source.Bits == 1;
        long memory = bits ? stage.Source.Channels / 8 * positions * stage.Linear.KernelHeight * stage.Linear.KernelWidth
            : stage.Source.Channels * positions * sizeof(int);
        if (row > 64 || stage.IsLarge || memory + stage.Linear.Outputs * positions * sizeof(int) > MostScratchBytes)
        {
            return null;
        }

        ConvolutionKernel? tables = widestVector switch
        {
            512 => Tables<Width512, Vector512<ulong>>(),
            256 => Tables<Width256, Vector256<ulong>>(),
            128 => Tables<Width128, Vector128<ulong>>(),
            _ => null,
        };
        if (tables is not null)
        {
            return tables;
        }

        // Lanes of a pass: as wide as the processor goes, and no wider than the positions need.
        int unit = bits ? 1 : stage.SumsFit16Bits ? 4 : 8; // 64 lanes of bits, 16 of 16-bit, 8 of 32-bit integers
        return VectorWidth.For(positions * unit, widestVector) switch
        {
            512 => Create<Width512, Vector512<ulong>>(),
            256 => Create<Width256, Vector256<ulong>>(),
            128 => Create<Width128, Vector128<ulong>>(),
            _ => Create<Width64, ulong>(),
        };

        ConvolutionKernel? Tables<TWidth, TVector>()
            where TWidth : struct, ITableWidth<TVector>
            where TVector : struct
        {
            // A lookup for all positions of a vector takes a cycle, about, and so does an addition for all bits of one; by
            // sharing, an output takes less than half as many of these as it has inputs.
            int lanes = VectorWidth.For(positions, widestVector);
            double additions = 0.5 * stage.Linear.Outputs * stage.FanIn * ((positions + lanes - 1) / lanes);
            return bits && stage.FanIn <= short.MaxValue && TableConvolution<TWidth, TVector>.Lookups(stage) < additions
                ? new TableConvolution<TWidth, TVector>(stage) : null;
        }

        ConvolutionKernel Create<TWidth, TVector>()
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => bits ? new ConvolutionKernel<BitLanes<TWidth, TVector>>(stage)
                : stage.SumsFit16Bits ? new ConvolutionKernel<IntegerLanes<TWidth, TVector, short>>(stage)
                : new ConvolutionKernel<IntegerLanes<TWidth, TVector, int>>(stage);
    }

    /// <summary>Runs the stage.</summary>
    /// <param name="source">The input: a <see cref="BitString"/>, bytes, or 32-bit integers.</param>
    /// <param name="form">Which.</param>
    /// <param name="result">Receives a <see cref="BitString"/> where the stage ends in a threshold, whose words are 0 before; bytes or integers otherwise.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    public abstract void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch);

    /// <summary>Max-pooling of signs is an OR of rows and of neighbours; then the rows that remain are written one after another.</summary>
    /// <param name="threshold">Which channels to turn.</param>
    /// <param name="outputs">One bit a position.</param>
    /// <param name="channelBytes">From one channel to the next.</param>
    /// <param name="row">Positions from one row to the next.</param>
    /// <param name="result">Words of 0.</param>
    protected void PoolBits(Threshold threshold, ref byte outputs, int channelBytes, int row, ref ulong result)
    {
        (int size, int step) = Stage.Pool is { } pool ? (pool.Size, pool.Stride) : (1, 1);
        int stride = Stage.Linear.Stride, width = Stage.Result.Width, height = Stage.Result.Height, rowStep = stride * row, next = 0;
        ulong chosen = BitString.Mask(step * stride, width);
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int channel = 0; channel < flipped.Length; channel++)
        {
            ref ulong bits = ref Unsafe.As<byte, ulong>(ref Unsafe.Add(ref outputs, channel * channelBytes));
            ulong flip = flipped[channel] ? BitString.Low(width) : 0;
            for (int y = 0; y < height; y++, next += width)
            {
                ulong rows = 0;
                for (int inner = 0; inner < size; inner++)
                {
                    rows |= BitString.Read(ref bits, (y * step + inner) * rowStep);
                }

                ulong joined = rows;
                for (int inner = 1; inner < size; inner++)
                {
                    joined |= rows >> (inner * stride);
                }

                BitString.Append(ref result, next, BitString.Extract(joined, chosen) ^ flip);
            }
        }
    }

    protected void PoolIntegers(ReadOnlySpan<int> sums, int channelElements, int row, ref byte result)
    {
        (int size, int step) = Stage.Pool is { } pool ? (pool.Size, pool.Stride) : (1, 1);
        int stride = Stage.Linear.Stride, next = 0;
        int corners = (Stage.Result.Width - 1) * step * stride + 1, width = corners + (size - 1) * stride;
        Span<int> pooled = stackalloc int[Stage.Result.Width], rows = stackalloc int[width], joined = stackalloc int[corners];
        for (int channel = 0; channel < Stage.Linear.Outputs; channel++)
        {
            ReadOnlySpan<int> positions = sums.Slice(channel * channelElements, channelElements);
            for (int y = 0; y < Stage.Result.Height; y++, next += pooled.Length)
            {
                // The largest of the window's rows, then of its columns.
                positions.Slice(y * step * stride * row, width).CopyTo(rows);
                for (int inner = 1; inner < size; inner++)
                {
                    Endings.Max(positions.Slice((y * step + inner) * stride * row, width), rows);
                }

                rows[..joined.Length].CopyTo(joined);
                for (int inner = 1; inner < size; inner++)
                {
                    Endings.Max(rows.Slice(inner * stride, joined.Length), joined);
                }

                for (int x = 0; x < pooled.Length; x++)
                {
                    pooled[x] = joined[x * step * stride];
                }

                if (Stage.Ending is Requantize { OutputBits: 8 } requantize)
                {
                    Endings.Requantize(requantize, channel, pooled, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref result, next), pooled.Length));
                }
                else
                {
                    pooled.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Unsafe.As<byte, int>(ref result), next), pooled.Length));
                }
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
        _sums = new PlaneSums(stage, (channel, y, x) => IsBits
            ? (channel * area + y * linear.KernelWidth + x) * _planeBytes
            : ((channel * Rows + y) * Row + x) * ElementBytes);

        // Scratch: the input's planes, then the outputs of all positions, then the slots. The last position's pass reads beyond it.
        _planes = IsBits ? stage.Source.Channels * area * _planeBytes + BitString.Words(Rows * Row) * sizeof(ulong)
            : stage.Source.Channels * Rows * Row * ElementBytes + _planeBytes;
        _outputs = linear.Outputs * (stage.Ending is Threshold ? OutputBitBytes : _passes * TLanes.Lanes * sizeof(int));
        _planes = Align(_planes);
        _outputs = Align(_outputs + 2 * sizeof(ulong));
        _slots = _sums.ScratchBytes<TLanes>();
    }

    public override int ScratchBytes => _planes + _outputs + _slots;

    private static bool IsBits => TLanes.Lanes == 8 * TLanes.PlaneBytes;

    private static int ElementBytes => TLanes.PlaneBytes / TLanes.Lanes;

    /// <summary>Bytes of one output's bits at all positions.</summary>
    private int OutputBitBytes => (_passes * TLanes.Lanes / 8 + 7) / 8 * 8;

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
                        ref planes, group, ref slots,
                        ref Unsafe.Add(ref outputs, pass * TLanes.Lanes / 8), OutputBitBytes, join: false);
                }
                else
                {
                    _sums.Integers<TLanes>(ref planes, group, ref slots, sums[(pass * TLanes.Lanes)..], _passes * TLanes.Lanes, join: false);
                }
            }
        }

        if (Stage.Ending is Threshold threshold)
        {
            PoolBits(threshold, ref outputs, OutputBitBytes, Row, ref Unsafe.As<byte, ulong>(ref result));
        }
        else
        {
            PoolIntegers(sums, _passes * TLanes.Lanes, Row, ref result);
        }
    }

    /// <summary>Each plane is a channel, moved by some bits.</summary>
    private void BitPlanes(ref ulong source, ref byte planes)
    {
        (ValueInfo shape, Linear linear) = (Stage.Source, Stage.Linear);
        ref ulong padded = ref Unsafe.As<byte, ulong>(ref Unsafe.Add(ref planes, shape.Channels * linear.KernelHeight * linear.KernelWidth * _planeBytes));
        int words = _planeBytes / sizeof(ulong), row = Row, paddedWords = BitString.Words(Rows * row);
        ref ulong plane = ref Unsafe.As<byte, ulong>(ref planes);
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            MemoryMarshal.CreateSpan(ref padded, paddedWords).Clear();
            int rows = linear.Padding > 0 ? shape.Height : 1, run = shape.Height * shape.Width / rows; // Without padding all rows are one.
            for (int y = 0; y < rows; y++)
            {
                int from = (channel * rows + y) * run, to = (y + linear.Padding) * row + linear.Padding;
                for (int done = 0; done < run; done += 64)
                {
                    BitString.Append(ref padded, to + done, BitString.Read(ref source, from + done) & BitString.Low(Math.Min(64, run - done)));
                }
            }

            for (int y = 0; y < linear.KernelHeight; y++)
            {
                for (int x = 0; x < linear.KernelWidth; x++, plane = ref Unsafe.Add(ref plane, words))
                {
                    int start = y * row + x, shift = start & 63, count = Math.Min(words, paddedWords - 1 - start / 64);
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
                Endings.Narrow(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref Unsafe.As<byte, int>(ref source), element), run), destination);
            }
        }
    }

    private static int Align(int bytes) => (bytes + 63) & ~63;
}
