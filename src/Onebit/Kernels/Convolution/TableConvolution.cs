using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution of bits on one image with few positions, one byte each. A few inputs of a position make a code. A table, which the weights
/// of an output choose, says how many of the inputs agree with the weights. It is looked up for all positions of a vector at once. With S,
/// the number of inputs that agree, <c>w . x = 2 S - n</c> for signs and <c>w . x = S - (number of weights -1)</c> for {0, 1}.
/// </summary>
internal sealed class TableConvolution<TOps, TVector> : ConvolutionKernel
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    // Outputs for which a code is loaded once.
    private const int Outputs = 4;

    private readonly int _pitch;
    private readonly int _rowWords;
    private readonly int _vectors;
    private readonly Part[] _parts;
    private readonly int _width;
    private readonly int[] _shifts;
    private readonly int _codes;
    private readonly int _chunk = byte.MaxValue; // Codes whose inputs a byte can count.
    private readonly AlignedBytes _tables;
    private readonly ushort[] _patterns;
    private readonly short[] _thresholds;
    private readonly int[] _offsets;
    private readonly bool _signs;
    private readonly bool _isOneRow;
    private readonly int _rows;
    private readonly int _windowsBytes;
    private readonly int _codesBytes;
    private readonly int _outputsBytes;
    private readonly OutputPooling _pooling;

    public TableConvolution(FusedLinear layer)
        : base(layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        int channels = source.Channels / linear.Groups,
            outputs = linear.Outputs / linear.Groups;
        _rowWords = RowWords(layer);
        _pitch = 8 * _rowWords;
        _vectors = Vectors(layer);
        _signs = source.Kind == ElementKind.Signs;
        _isOneRow = source.Height == 1 && linear is { KernelHeight: 1, KernelWidth: 1, Padding: 0 };

        // A row of the kernel is cut into parts that fit an index of a table. Parts share a code as long as they fit.
        int columns = (linear.KernelWidth + TOps.TableBits - 1) / TOps.TableBits;
        _width = (linear.KernelWidth + columns - 1) / columns;
        _shifts = [.. Enumerable.Range(0, columns).Select(i => i * _width)];
        var parts = new List<Part>();
        int code = 0,
            used = 0;
        for (int i = 0; i < channels * linear.KernelHeight * columns; i++)
        {
            int x = _shifts[i % columns],
                bits = Math.Min(_width, linear.KernelWidth - x);
            (code, used) = used + bits <= TOps.TableBits ? (code, used) : (code + 1, 0);
            (int channel, int row) = (i / columns / linear.KernelHeight, i / columns % linear.KernelHeight);
            int window = (channel * columns + i % columns) * Rows * _pitch + row * _pitch;
            parts.Add(new Part(window, (channel * linear.KernelHeight + row) * linear.KernelWidth + x, bits, code, used));
            used += bits;
            _chunk = Math.Min(_chunk, byte.MaxValue / used);
        }

        _parts = [.. parts];
        _codes = code + 1;

        _tables = new AlignedBytes(VectorBytes << TOps.TableBits);
        for (int i = 0; i < _tables.Length; i++)
        {
            int weights = i / VectorBytes,
                inputs = i & ((1 << TOps.TableBits) - 1);
            _tables[i] = (byte)(TOps.TableBits - BitOperations.PopCount((uint)(weights ^ inputs)));
        }

        // Bits that no part of a code fills are 0. A weight of 1 there never agrees.
        int fours = (outputs + Outputs - 1) / Outputs,
            unused = (1 << TOps.TableBits) - 1;
        _patterns = new ushort[linear.Groups * fours * _codes * Outputs];
        _patterns.AsSpan().Fill((ushort)(unused * VectorBytes));
        _thresholds = new short[linear.Outputs];
        _offsets = new int[linear.Outputs];
        ReadOnlySpan<byte> weightBits = linear.Weights.Span;
        for (int output = 0; output < linear.Outputs; output++)
        {
            (int group, int within) = Math.DivRem(output, outputs);
            int minus = layer.FanIn;
            foreach (Part part in _parts)
            {
                var weights = (uint)PackedBits.Read(weightBits, (long)output * layer.FanIn + part.Weight, part.Bits);
                minus -= BitOperations.PopCount(weights);
                ref ushort pattern = ref _patterns[((group * fours + within / Outputs) * _codes + part.Code) * Outputs + within % Outputs];
                uint mask = ((1u << part.Bits) - 1) << part.Position;
                pattern = (ushort)(((pattern / VectorBytes & ~mask) | (weights << part.Position)) * VectorBytes);
            }

            _offsets[output] = _signs ? layer.FanIn : minus;
            if (layer.Epilogue is Threshold threshold)
            {
                long sum = threshold.Thresholds.Span[output] + (long)_offsets[output];
                _thresholds[output] = (short)Math.Clamp(_signs ? (sum + 1) >> 1 : sum, 0, layer.FanIn + 1);
            }
        }

        // The planes of the windows, whose last vector reaches beyond them. Then the rows that they are made from.
        _rows = Align(source.Channels * _shifts.Length * Rows * _pitch + VectorBytes);
        _windowsBytes = _rows + Align(source.Channels * Rows * _pitch + VectorBytes);
        _codesBytes = (_codes + 2 * Outputs) * VectorBytes;
        _outputsBytes = Align(
            linear.Outputs * (layer.Epilogue is Threshold ? OutputBitBytes : _vectors * VectorBytes * sizeof(int))
                + OutputPooling.SpareElements(layer, _pitch, linear.Stride) * sizeof(int)
        );
        _pooling = new OutputPooling(layer, _pitch, _vectors * VectorBytes, linear.Stride);
    }

    public override int ScratchBytes => _windowsBytes + _codesBytes + _outputsBytes;

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private int OutputBitBytes => Align(_vectors * VectorBytes / 8);

    /// <summary>Codes looked up for all outputs and positions.</summary>
    public static long Lookups(FusedLinear layer) =>
        (long)Vectors(layer)
        * ((layer.FanIn + TOps.TableBits - 1) / TOps.TableBits)
        * ((layer.Linear.Outputs + Outputs - 1) / Outputs * Outputs);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        ref byte codes = ref Unsafe.Add(ref scratch, _windowsBytes),
            outputs = ref Unsafe.Add(ref codes, _codesBytes);
        ref byte sixteens = ref Unsafe.Add(ref codes, _codes * VectorBytes);
        ref ulong bits = ref Unsafe.As<byte, ulong>(ref source);
        if (!_isOneRow)
        {
            Windows(ref bits, ref scratch);
        }

        Span<int> sums = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref outputs), _outputsBytes / sizeof(int));
        for (int group = 0; group < Layer.Linear.Groups; group++)
        {
            for (int vector = 0; vector < _vectors; vector++)
            {
                if (_isOneRow)
                {
                    Codes(ref bits, group, vector, ref codes);
                }
                else
                {
                    Codes(ref scratch, group, vector, ref codes);
                }

                if (Layer.Epilogue is Threshold)
                {
                    Compare(ref codes, group, ref sixteens, ref Unsafe.Add(ref outputs, vector * VectorBytes / 8));
                }
                else
                {
                    Integers(ref codes, group, ref sixteens, sums[(vector * VectorBytes)..]);
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

    private static int RowWords(FusedLinear layer) => (layer.Source.Width + 2 * layer.Linear.Padding - layer.Linear.KernelWidth + 8) / 8;

    private static int Vectors(FusedLinear layer) =>
        ((layer.Source.Height + 2 * layer.Linear.Padding - layer.Linear.KernelHeight + 1) * 8 * RowWords(layer) + VectorBytes - 1)
        / VectorBytes;

    /// <summary>The bits of each window: one byte for each channel, part of a row of the kernel, row and position.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Windows(ref ulong source, ref byte windows)
    {
        (ValueInfo shape, int padding) = (Layer.Source, Layer.Linear.Padding);
        int plane = Rows * _pitch;
        ref byte rows = ref Unsafe.Add(ref windows, _rows);
        ref ulong word = ref Unsafe.As<byte, ulong>(ref rows);
        for (int row = 0; row < shape.Channels * Rows; row++)
        {
            // Without padding no window that is read has bits behind the end of a row.
            ulong bits = 0;
            if (padding == 0 && shape.Width <= 57)
            {
                // 64 bits from the byte in which the row begins hold all of it.
                int start = row * shape.Width;
                bits = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref source), start >> 3)) >> (start & 7);
            }
            else if (row % Rows - padding is int y && (uint)y < (uint)shape.Height)
            {
                bits = (BitString.Read(ref source, (row / Rows * shape.Height + y) * shape.Width) & BitString.Low(shape.Width)) << padding;
            }

            for (int i = 0; i < _rowWords; i++)
            {
                word = bits >> (8 * i);
                word = ref Unsafe.Add(ref word, 1);
            }
        }

        for (int channel = 0; channel < shape.Channels; channel++)
        {
            for (int column = 0; column < _shifts.Length; column++)
            {
                // Planes are written in order, so what a vector writes beyond one is overwritten by the next.
                ref byte place = ref Unsafe.Add(ref windows, (channel * _shifts.Length + column) * plane);
                TVector mask = TOps.FillByte((byte)((1 << Math.Min(_width, Layer.Linear.KernelWidth - _shifts[column])) - 1));
                for (int at = 0; at < plane; at += VectorBytes)
                {
                    TVector words = TOps.Load(ref Unsafe.Add(ref rows, channel * plane + at));
                    TOps.Store(TOps.And(TOps.Windows(words, _shifts[column]), mask), ref Unsafe.Add(ref place, at));
                }
            }
        }
    }

    /// <summary>The codes of one vector of positions where a code holds one bit of each of some channels.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Codes(ref ulong source, int group, int vector, ref byte codes)
    {
        (int channels, int area) = (Layer.Source.Channels / Layer.Linear.Groups, Layer.Source.Area);
        for (int first = 0; first < channels; first += TOps.TableBits, codes = ref Unsafe.Add(ref codes, VectorBytes))
        {
            // Codes are written in order, so what a vector writes beyond a narrower one is overwritten by the next.
            int some = Math.Min(TOps.TableBits, channels - first);
            for (int lane = 0; lane < VectorBytes; lane += Vector256<byte>.Count)
            {
                int start = (group * channels + first) * area + vector * VectorBytes + lane;
                Vector256<byte> code = Vector256<byte>.Zero;
                for (int c = 0; c < some; c++, start += area)
                {
                    code |= BitString.Spread((uint)BitString.Read(ref source, start)) & Vector256.Create((byte)(1 << c));
                }

                code.StoreUnsafe(ref codes, (nuint)lane);
            }
        }
    }

    /// <summary>The codes of one vector of positions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Codes(ref byte windows, int group, int vector, ref byte codes)
    {
        int channels = Layer.Source.Channels / Layer.Linear.Groups,
            plane = Rows * _pitch;
        ref byte begin = ref Unsafe.Add(ref windows, group * channels * _shifts.Length * plane + vector * VectorBytes);
        TVector code = TOps.Fill(0);
        foreach (Part part in _parts)
        {
            TVector bits = TOps.Load(ref Unsafe.Add(ref begin, part.Window));
            code = part.Position == 0 ? bits : TOps.Or(code, TOps.ShiftLeft8(bits, part.Position));
            TOps.Store(code, ref Unsafe.Add(ref codes, part.Code * VectorBytes));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Compare(ref byte codes, int group, ref byte sums, ref byte bits)
    {
        int outputs = Layer.Linear.Outputs / Layer.Linear.Groups,
            first = group * outputs;
        for (int output = 0; output < outputs; output++)
        {
            ref byte sum = ref Sum(ref codes, group, output, ref sums);
            TVector even = TOps.Load(ref sum),
                odd = TOps.Load(ref Unsafe.Add(ref sum, VectorBytes));
            TOps.StoreAtLeast16(even, odd, _thresholds[first + output], ref Unsafe.Add(ref bits, (first + output) * OutputBitBytes));
        }
    }

    private void Integers(ref byte codes, int group, ref byte sums, Span<int> integers)
    {
        int outputs = Layer.Linear.Outputs / Layer.Linear.Groups,
            first = group * outputs,
            shift = _signs ? 1 : 0;
        for (int output = 0; output < outputs; output++)
        {
            // Sums of even places come first, then those of odd places. 32 bits take one of each.
            ref short sum = ref Unsafe.As<byte, short>(ref Sum(ref codes, group, output, ref sums));
            ref int place = ref integers[(first + output) * _vectors * VectorBytes];
            Vector256<int> offset = Vector256.Create(_offsets[first + output]);
            for (int lane = 0; lane < VectorBytes; lane += Vector256<short>.Count)
            {
                Vector256<int> even = Vector256.WidenLower(Vector256.LoadUnsafe(ref sum, (nuint)(lane / 2)));
                Vector256<int> odd = Vector256.WidenLower(Vector256.LoadUnsafe(ref sum, (nuint)((VectorBytes + lane) / 2)));
                Vector256<short> both = (even | (odd << 16)).AsInt16();
                ((Vector256.WidenLower(both) << shift) - offset).StoreUnsafe(ref place, (nuint)lane);
                ((Vector256.WidenUpper(both) << shift) - offset).StoreUnsafe(ref place, (nuint)(lane + Vector256<int>.Count));
            }
        }
    }

    /// <summary>The place of the sums of an output. Those of <see cref="Outputs"/> outputs are made at a time.</summary>
    private ref byte Sum(ref byte codes, int group, int output, ref byte sums)
    {
        if (output % Outputs == 0)
        {
            ref ushort patterns = ref Unsafe.Add(
                ref MemoryMarshal.GetArrayDataReference(_patterns),
                _patterns.Length / Layer.Linear.Groups * group
            );
            Sum(ref codes, ref Unsafe.Add(ref patterns, output * _codes), ref sums);
        }

        return ref Unsafe.Add(ref sums, output % Outputs * 2 * VectorBytes);
    }

    /// <summary>How many inputs agree with the weights of four outputs. For each, 16-bit sums of even places, then of odd places.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Sum(ref byte codes, ref ushort patterns, ref byte sums)
    {
        ref byte tables = ref _tables.Start;
        for (int begin = 0; begin < _codes; begin += _chunk)
        {
            TVector a = TOps.Fill(0),
                b = a,
                c = a,
                d = a;
            int end = Math.Min(begin + _chunk, _codes);
            for (nint code = begin; code < end; code++)
            {
                TVector some = TOps.Load(ref Unsafe.Add(ref codes, code * VectorBytes));
                ref ushort pattern = ref Unsafe.Add(ref patterns, code * Outputs);
                a = TOps.Add8(a, TOps.Lookup(ref Unsafe.Add(ref tables, (nint)pattern), some));
                b = TOps.Add8(b, TOps.Lookup(ref Unsafe.Add(ref tables, (nint)Unsafe.Add(ref pattern, 1)), some));
                c = TOps.Add8(c, TOps.Lookup(ref Unsafe.Add(ref tables, (nint)Unsafe.Add(ref pattern, 2)), some));
                d = TOps.Add8(d, TOps.Lookup(ref Unsafe.Add(ref tables, (nint)Unsafe.Add(ref pattern, 3)), some));
            }

            Widen(a, ref sums, begin > 0);
            Widen(b, ref Unsafe.Add(ref sums, 2 * VectorBytes), begin > 0);
            Widen(c, ref Unsafe.Add(ref sums, 4 * VectorBytes), begin > 0);
            Widen(d, ref Unsafe.Add(ref sums, 6 * VectorBytes), begin > 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Widen(TVector bytes, ref byte sums, bool add)
        {
            ref byte odds = ref Unsafe.Add(ref sums, VectorBytes);
            (TVector even, TVector odd) = (TOps.EvenBytes(bytes), TOps.OddBytes(bytes));
            TOps.Store(add ? TOps.Add16(even, TOps.Load(ref sums)) : even, ref sums);
            TOps.Store(add ? TOps.Add16(odd, TOps.Load(ref odds)) : odd, ref odds);
        }
    }

    /// <summary>A part of a row of the kernel.</summary>
    /// <param name="window">The place of its windows, from those of the group on.</param>
    /// <param name="weight">The index of its first weight among those of an output.</param>
    /// <param name="bits">The number of weights.</param>
    /// <param name="code">The code that holds its bits.</param>
    /// <param name="position">The position of its lowest bit in the code.</param>
    private readonly struct Part(int window, int weight, int bits, int code, int position)
    {
        public readonly int Window = window,
            Weight = weight,
            Bits = bits,
            Code = code,
            Position = position;
    }
}
