using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution of codes of few bits on one image. A row of a kernel has few weights, so few different rows exist. The products of a
/// channel with each of them are made once, for all positions. An output is a sum of such products. Both steps are 16-bit additions. As
/// many channels are taken at a time as fit into 16 bits.
/// </summary>
internal sealed class RowConvolution<TOps, TVector> : ConvolutionKernel
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    // Weights of a row, or of a part of it. More would have too many products.
    private const int MaxWeights = 5;
    private const int MaxProductBytes = 36 << 10;

    private readonly int _pitch;
    private readonly int _passVectors; // Vectors of positions for which a list is read once.
    private readonly int _stripRows;
    private readonly int _stripVectors;
    private readonly int _strips;
    private readonly int _width;
    private readonly int _parts;
    private readonly int _chunk;
    private readonly int _planeBytes;
    private readonly int[] _offsets;
    private readonly int _padded;
    private readonly int _shifted;
    private readonly int _products;
    private readonly StripOutputs<TOps, TVector> _outputs;

    public RowConvolution(FusedLinear layer)
        : base(layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        int channels = source.Channels / linear.Groups,
            height = Rows - linear.KernelHeight + 1,
            columns = Row - linear.KernelWidth + 1;
        _pitch = RowPitch(columns);
        _chunk = Math.Min(channels, short.MaxValue / (linear.KernelHeight * linear.KernelWidth * source.Maximum));

        // The width of a part that takes the fewest additions.
        _width = Widths(layer).MinBy(width => RowAdditions(layer, width));
        _parts = Parts(layer, _width);

        // A strip: as many rows of outputs as have their products in the level-1 cache, in whole passes.
        _passVectors = height * _pitch <= 2 * Lanes ? 2 : 4;
        int passRows = Math.Max(1, _passVectors * Lanes / _pitch),
            rowBytes = (_chunk * _parts << _width) * _pitch * sizeof(short);
        int fitting = Math.Max(1, MaxProductBytes / rowBytes - linear.KernelHeight + 1);
        _stripRows = Math.Min(Math.Max(1, fitting / passRows), (height + passRows - 1) / passRows) * passRows;
        _stripVectors = _stripRows * _pitch / Lanes;
        _strips = (height + _stripRows - 1) / _stripRows;

        // An odd number of cache lines: the same place of many planes is not in the same set of the cache.
        _planeBytes = Align(Math.Min(_stripRows + linear.KernelHeight - 1, Rows) * _pitch * sizeof(short)) | 64;

        // For each group, chunk and output the places of its products.
        int terms = linear.KernelHeight * _parts;
        _offsets = new int[linear.Outputs * channels * terms];
        ReadOnlySpan<byte> weightBits = linear.Weights.Span;
        int outputs = linear.Outputs / linear.Groups,
            next = 0;
        for (int group = 0; group < linear.Groups; group++)
        {
            for (int first = 0; first < channels; first += _chunk)
            {
                for (int output = group * outputs; output < (group + 1) * outputs; output++)
                {
                    for (int i = 0; i < Math.Min(_chunk, channels - first) * terms; i++)
                    {
                        (int channel, int row, int part) = (i / terms, i % terms / _parts, i % _parts);
                        long at =
                            (((long)output * channels + first + channel) * linear.KernelHeight + row) * linear.KernelWidth + part * _width;
                        int weights = (int)PackedBits.Read(weightBits, at, Math.Min(_width, linear.KernelWidth - part * _width));
                        _offsets[next++] = (((channel * _parts + part) << _width) + weights) * _planeBytes + row * _pitch * sizeof(short);
                    }
                }
            }
        }

        // Where a vector is a row, two rows of a window are pooled as they are made.
        bool isOneSum = _chunk == channels,
            isRow = _pitch == Lanes && _passVectors == 4 && layer is { Linear.Stride: 1, Pool: { Size: 2, Stride: 2 } };
        _outputs = new StripOutputs<TOps, TVector>(
            layer,
            _pitch,
            linear.Stride,
            _strips,
            _stripVectors,
            isOneSum,
            rowsPooled: isRow && isOneSum && layer.Epilogue is Threshold
        );
        _padded = linear.Padding == 0 ? 0 : Align(source.Channels * Rows * Row + 2 * Vector512<byte>.Count);
        _shifted = Align(linear.KernelWidth * _planeBytes + 2 * Vector512<byte>.Count);
        _products = Align((_chunk * _parts << _width) * _planeBytes + (_stripVectors + 1) * VectorBytes);
    }

    public override int ScratchBytes => _padded + _shifted + _products + Align(_outputs.Bytes);

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private static int Lanes => VectorBytes / sizeof(short);

    /// <summary>Additions of vectors, those that make the products included.</summary>
    public static double Additions(FusedLinear layer)
    {
        int columns = layer.Source.Width + 2 * layer.Linear.Padding - layer.Linear.KernelWidth + 1;
        return (double)layer.Source.Channels * RowPitch(columns) / Lanes * Widths(layer).Min(width => RowAdditions(layer, width));
    }

    /// <summary>Whether the input holds codes whose sums over one channel fit into 16 bits.</summary>
    public static bool Fits(FusedLinear layer) =>
        layer.Source is { Kind: ElementKind.Codes, Bits: > 1 and <= 8 }
        && layer.Linear.KernelHeight * layer.Linear.KernelWidth * layer.Source.Maximum <= short.MaxValue;

    private static IEnumerable<int> Widths(FusedLinear layer) => Enumerable.Range(1, Math.Min(MaxWeights, layer.Linear.KernelWidth));

    private static int Parts(FusedLinear layer, int width) => (layer.Linear.KernelWidth + width - 1) / width;

    /// <summary>Additions of rows for one channel.</summary>
    private static long RowAdditions(FusedLinear layer, int width)
    {
        int rows = layer.Source.Height + 2 * layer.Linear.Padding,
            height = rows - layer.Linear.KernelHeight + 1;
        long outputs = layer.Linear.Outputs / layer.Linear.Groups;
        return Parts(layer, width) * (((long)rows << width) + outputs * layer.Linear.KernelHeight * height);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        Linear linear = Layer.Linear;
        ref byte shifted = ref Unsafe.Add(ref scratch, _padded);
        ref byte products = ref Unsafe.Add(ref shifted, _shifted),
            outputs = ref Unsafe.Add(ref products, _products);
        ref byte padded = ref scratch;
        if (linear.Padding == 0)
        {
            padded = ref source; // What is read behind it belongs to the memory of the image. It does not matter.
        }
        else
        {
            Pad(ref source, form, ref padded);
        }

        int channels = Layer.Source.Channels / linear.Groups,
            count = linear.Outputs / linear.Groups;
        ref int lists = ref MemoryMarshal.GetArrayDataReference(_offsets);
        for (int group = 0; group < linear.Groups; group++)
        {
            for (int first = 0; first < channels; first += _chunk)
            {
                int some = Math.Min(_chunk, channels - first),
                    terms = some * linear.KernelHeight * _parts;
                for (int strip = 0; strip < _strips; strip++)
                {
                    for (int channel = 0; channel < some; channel++)
                    {
                        Shift(
                            ref Unsafe.Add(ref padded, (group * channels + first + channel) * Rows * Row),
                            strip * _stripRows,
                            ref shifted
                        );
                        Multiply(ref shifted, ref Unsafe.Add(ref products, (channel * _parts << _width) * _planeBytes));
                    }

                    _outputs.Add(ref products, ref lists, terms, group, strip, first > 0, ref outputs, ref result);
                }

                lists = ref Unsafe.Add(ref lists, count * terms);
            }
        }

        _outputs.End(ref outputs, ref result);
    }

    /// <summary>A strip of a channel from each of the kernel's columns on, in 16 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Shift(ref byte channel, int firstRow, ref byte shifted)
    {
        int rows = Math.Min(_stripRows + Layer.Linear.KernelHeight - 1, Rows - firstRow);
        for (int x = 0; x < Layer.Linear.KernelWidth; x++)
        {
            // Rows are written in order, so what a vector writes beyond one is overwritten by the next.
            ref byte from = ref Unsafe.Add(ref channel, firstRow * Row + x),
                to = ref Unsafe.Add(ref shifted, x * _planeBytes);
            for (int y = 0; y < rows; y++, from = ref Unsafe.Add(ref from, Row), to = ref Unsafe.Add(ref to, _pitch * sizeof(short)))
            {
                int i = 0;
                for (; Vector512.IsHardwareAccelerated && i + Vector256<byte>.Count <= _pitch; i += Vector256<byte>.Count)
                {
                    Vector512
                        .WidenLower(Vector256.LoadUnsafe(ref from, (nuint)i).ToVector512Unsafe())
                        .AsByte()
                        .StoreUnsafe(ref to, (nuint)(i * sizeof(short)));
                }

                for (; i < _pitch; i += Vector128<byte>.Count)
                {
                    Vector256
                        .WidenLower(Vector128.LoadUnsafe(ref from, (nuint)i).ToVector256Unsafe())
                        .AsByte()
                        .StoreUnsafe(ref to, (nuint)(i * sizeof(short)));
                }
            }
        }
    }

    /// <summary>The products of a channel with all rows of weights. A weight of +1 instead of -1 adds its input twice.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Multiply(ref byte shifted, ref byte products)
    {
        for (int part = 0; part < _parts; part++)
        {
            ref byte inputs = ref Unsafe.Add(ref shifted, part * _width * _planeBytes);
            ref byte place = ref Unsafe.Add(ref products, (part << _width) * _planeBytes);
            int width = Math.Min(_width, Layer.Linear.KernelWidth - part * _width);
            for (int at = 0; at < _planeBytes; at += VectorBytes)
            {
                TVector none = TOps.Fill(0);
                for (int x = 0; x < width; x++)
                {
                    none = TOps.Subtract16(none, TOps.Load(ref Unsafe.Add(ref inputs, x * _planeBytes + at)));
                }

                TOps.Store(none, ref Unsafe.Add(ref place, at));
                int done = width & 1;
                if (done == 1)
                {
                    TVector twice = Twice(ref inputs, at);
                    TOps.Store(TOps.Add16(none, twice), ref Unsafe.Add(ref place, at + _planeBytes));
                }

                // Two more inputs make four products of each one so far.
                for (; done < width; done += 2)
                {
                    TVector one = Twice(ref inputs, done * _planeBytes + at),
                        other = Twice(ref inputs, (done + 1) * _planeBytes + at),
                        both = TOps.Add16(one, other);
                    ref byte from = ref Unsafe.Add(ref place, at);
                    nint more = (nint)_planeBytes << done;
                    for (int i = 0; i < 1 << done; i++, from = ref Unsafe.Add(ref from, _planeBytes))
                    {
                        TVector product = TOps.Load(ref from);
                        TOps.Store(TOps.Add16(product, one), ref Unsafe.Add(ref from, more));
                        TOps.Store(TOps.Add16(product, other), ref Unsafe.Add(ref from, 2 * more));
                        TOps.Store(TOps.Add16(product, both), ref Unsafe.Add(ref from, 3 * more));
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TVector Twice(ref byte inputs, int at)
        {
            TVector input = TOps.Load(ref Unsafe.Add(ref inputs, at));
            return TOps.Add16(input, input);
        }
    }
}
