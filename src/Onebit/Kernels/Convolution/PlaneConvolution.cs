using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution on one image as sums of planes, one for each input channel, kernel row and kernel column. Planes are bits where the input
/// has one bit, and integers otherwise.
/// </summary>
internal sealed class PlaneConvolution<TLanes> : ConvolutionKernel
    where TLanes : struct, ILanes
{
    private readonly PlaneSums _sums;
    private readonly int _passes;
    private readonly int _planes;
    private readonly int _planeBytes;
    private readonly int _outputs;
    private readonly int _accumulators;
    private readonly OutputPooling _pooling;

    public PlaneConvolution(FusedLinear layer)
        : base(layer)
    {
        Linear linear = layer.Linear;
        int area = linear.KernelHeight * linear.KernelWidth;
        _passes = (Positions + TLanes.Lanes - 1) / TLanes.Lanes;
        _planeBytes = _passes * TLanes.PlaneBytes;
        _sums = new PlaneSums(
            layer,
            (channel, y, x) =>
                IsBits ? (channel * area + y * linear.KernelWidth + x) * _planeBytes : ((channel * Rows + y) * Row + x) * ElementBytes
        );

        // Scratch: the planes of the input, the outputs of all positions, the accumulators. The last pass reads beyond the last position.
        _planes = IsBits
            ? layer.Source.Channels * area * _planeBytes + BitString.Words(Rows * Row) * sizeof(ulong)
            : layer.Source.Channels * Rows * Row * ElementBytes + _planeBytes;
        _outputs = linear.Outputs * (layer.Epilogue is Threshold ? OutputBitBytes : ChannelElements * sizeof(int));
        _planes = Align(_planes);
        _outputs = Align(_outputs + OutputPooling.SpareElements(layer, Row, layer.Linear.Stride) * sizeof(int));
        _accumulators = _sums.ScratchBytes<TLanes>();
        _pooling = new OutputPooling(layer, Row, ChannelElements, layer.Linear.Stride);
    }

    public override int ScratchBytes => _planes + _outputs + _accumulators;

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
        ref byte accumulators = ref Unsafe.Add(ref outputs, _outputs);
        Span<int> sums = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref outputs), _outputs / sizeof(int));
        for (int pass = 0; pass < _passes; pass++)
        {
            ref byte planes = ref Unsafe.Add(ref scratch, pass * TLanes.PlaneBytes);
            for (int group = 0; group < Layer.Linear.Groups; group++)
            {
                if (Layer.Epilogue is Threshold)
                {
                    _sums.Compare<TLanes>(
                        ref planes,
                        group,
                        ref accumulators,
                        ref Unsafe.Add(ref outputs, pass * TLanes.Lanes / 8),
                        OutputBitBytes,
                        accumulate: false
                    );
                }
                else
                {
                    _sums.Integers<TLanes>(
                        ref planes,
                        group,
                        ref accumulators,
                        sums[(pass * TLanes.Lanes)..],
                        ChannelElements,
                        accumulate: false
                    );
                }
            }
        }

        if (Layer.Epilogue is Threshold threshold)
        {
            _pooling.Bits(threshold, ref outputs, OutputBitBytes, ref Unsafe.As<byte, ulong>(ref result));
        }
        else
        {
            _pooling.Integers(sums, ref result);
        }
    }

    /// <summary>Makes the planes of bits. Each is a channel, shifted.</summary>
    private void BitPlanes(ref ulong source, ref byte planes)
    {
        (ValueInfo shape, Linear linear) = (Layer.Source, Layer.Linear);
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

    /// <summary>Makes the planes of integers: the channels with padding.</summary>
    private void IntegerPlanes(ref byte source, ValueForm form, ref byte planes)
    {
        (ValueInfo shape, int padding) = (Layer.Source, Layer.Linear.Padding);
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
                Conversions.Widen(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, element), run), destination);
            }
            else
            {
                Conversions.Narrow(
                    MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref Unsafe.As<byte, int>(ref source), element), run),
                    destination
                );
            }
        }
    }
}
