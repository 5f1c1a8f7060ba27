using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution on one image as a matrix product. Four inputs of a position have 16 different sums with weights of one bit. A table holds
/// them for all positions of a strip, and is made once for all outputs. An output adds one entry for each four inputs. It is the look-up
/// table of BiQGEMM (Jeon et al. 2020, section 3), with positions as lanes.
/// </summary>
internal sealed class PartialSumConvolution<TOps, TVector> : ConvolutionKernel
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private const int Inputs = 4, // of an entry
        Entries = 1 << Inputs,
        MaxTableBytes = 24 << 10,
        MaxFanIn = 1 << 16, // Patches of a strip of 64 positions take 4 MiB.
        MaxWeights = 1 << 22;

    private readonly int _fanIn;
    private readonly int _pitch;
    private readonly int _stripRows;
    private readonly int _stripVectors;
    private readonly int _strips;
    private readonly int _height;
    private readonly int _width;
    private readonly int _chunk;
    private readonly int[] _offsets;
    private readonly bool _readsSource; // Its rows are the rows of the matrix.
    private readonly short _bias;
    private readonly Vector128<byte> _kept;
    private readonly int _keptCount;
    private readonly int _padded;
    private readonly int _patches;
    private readonly int _table;
    private readonly StripOutputs<TOps, TVector> _outputs;

    public PartialSumConvolution(FusedLinear layer)
        : base(layer)
    {
        Linear linear = layer.Linear;
        _fanIn = layer.FanIn;
        (_height, _width) = (Height(layer), Width(layer));
        _pitch = Pitch(layer);
        int groups = Groups(layer);
        _stripVectors = StripVectors(layer, Vectors(layer));
        if (_pitch > _stripVectors * Lanes)
        {
            _stripVectors = _pitch / Lanes;
        }

        _stripRows = _stripVectors * Lanes / _pitch;
        _strips = (_height + _stripRows - 1) / _stripRows;
        int most = Math.Clamp(
                MaxTableBytes / (Entries * StripBytes),
                1,
                Math.Min(groups, short.MaxValue / (Inputs * layer.Source.Maximum))
            ),
            chunks = (groups + most - 1) / most;
        _chunk = (groups + chunks - 1) / chunks;
        _readsSource = ReadsSource(layer);

        // Signs are bytes 0 and 2, less one.
        _bias = (short)(layer.Source.Kind == ElementKind.Signs ? 1 : 0);

        // For each group of channels and chunk, output by output, the places of the entries.
        _offsets = new int[linear.Outputs * groups];
        int outputs = linear.Outputs / linear.Groups;
        for (int output = 0; output < linear.Outputs; output++)
        {
            (int group, int within) = Math.DivRem(output, outputs);
            for (int i = 0; i < groups; i++)
            {
                int bits = Math.Min(Inputs, _fanIn - i * Inputs),
                    weights = (int)PackedBits.Read(linear.Weights.Span, (long)output * _fanIn + i * Inputs, bits),
                    first = i / _chunk * _chunk,
                    terms = Math.Min(_chunk, groups - first);
                _offsets[(group * groups + first) * outputs + within * terms + i - first] =
                    (i - first) * Entries * StripBytes + weights * StripBytes;
            }
        }

        // Each 16 bytes of a row hold so many inputs of neighboring positions.
        _keptCount = Math.Max(1, Vector128<byte>.Count / linear.Stride);
        byte[] kept = [.. Enumerable.Range(0, Vector128<byte>.Count).Select(i => (byte)(i < _keptCount ? i * linear.Stride : 0))];
        _kept = Vector128.Create(kept);
        _padded = _readsSource ? 0 : Align(layer.Source.Channels * Rows * Row + 2 * Vector512<byte>.Count);
        _patches = _readsSource ? 0 : Align(_fanIn * StripPositions + 2 * Vector512<byte>.Count);
        _table = Align(_chunk * Entries * StripBytes);
        _outputs = new StripOutputs<TOps, TVector>(layer, _pitch, stride: 1, _strips, _stripVectors, isOneSum: _chunk == groups);
    }

    public override int ScratchBytes => _padded + _patches + _table + Align(_outputs.Bytes);

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private static int Lanes => VectorBytes / sizeof(short);

    private int StripBytes => _stripVectors * VectorBytes;

    private int StripPositions => _stripVectors * Lanes;

    /// <summary>Additions of vectors, those that make the table included.</summary>
    /// <param name="layer">The layer.</param>
    public static long Additions(FusedLinear layer)
    {
        // An entry is added and stored, an input of a patch is read, shuffled and stored.
        long perGroup = layer.Linear.Outputs / layer.Linear.Groups + 2 * Entries + (ReadsSource(layer) ? 0 : 3 * Inputs);
        return layer.Linear.Groups * (long)Groups(layer) * perGroup * Vectors(layer);
    }

    /// <summary>Whether its input is codes or signs, and few enough at a position and in all to list them.</summary>
    public static bool Fits(FusedLinear layer) =>
        layer.Source is { Kind: ElementKind.Codes or ElementKind.Signs, Bits: <= 8 }
        && layer.FanIn <= MaxFanIn
        && (long)layer.FanIn * layer.Linear.Outputs <= MaxWeights;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        Linear linear = Layer.Linear;
        ref byte patches = ref Unsafe.Add(ref scratch, _padded);
        ref byte table = ref Unsafe.Add(ref patches, _patches),
            outputs = ref Unsafe.Add(ref table, _table);
        int stride = StripPositions;
        if (_readsSource)
        {
            patches = ref source; // What is read behind it belongs to the memory of the image. It does not matter.
            stride = _width;
        }
        else
        {
            Pad(ref source, form, ref scratch);
        }

        int groups = Groups(Layer),
            count = linear.Outputs / linear.Groups;
        for (int group = 0; group < linear.Groups; group++)
        {
            ref byte inputs = ref _readsSource ? ref Unsafe.Add(ref patches, group * _fanIn * stride) : ref patches;
            for (int strip = 0; strip < _strips; strip++)
            {
                if (!_readsSource)
                {
                    Gather(ref scratch, group, strip * _stripRows, ref patches);
                }

                for (int first = 0; first < groups; first += _chunk)
                {
                    int terms = Math.Min(_chunk, groups - first);
                    Tabulate(ref Unsafe.Add(ref inputs, first * Inputs * stride), stride, _fanIn - first * Inputs, terms, ref table);
                    ref int offsets = ref _offsets[group * count * groups + first * count];
                    _outputs.Add(ref table, ref offsets, terms, group, strip, first > 0, ref outputs, ref result);
                }
            }
        }

        _outputs.End(ref outputs, ref result);
    }

    /// <summary>Whether the rows of the input are those of the matrix.</summary>
    private static bool ReadsSource(FusedLinear layer) =>
        layer is { Source: { Kind: ElementKind.Codes, Bits: > 1, Height: 1 }, Linear: { KernelWidth: 1, Padding: 0, Stride: 1 } };

    private static int Height(FusedLinear layer) =>
        (layer.Source.Height + 2 * layer.Linear.Padding - layer.Linear.KernelHeight) / layer.Linear.Stride + 1;

    private static int Width(FusedLinear layer) =>
        (layer.Source.Width + 2 * layer.Linear.Padding - layer.Linear.KernelWidth) / layer.Linear.Stride + 1;

    private static int Groups(FusedLinear layer) => (layer.FanIn + Inputs - 1) / Inputs;

    /// <summary>Positions from one row to the next: without gaps where one strip holds all rows.</summary>
    private static int Pitch(FusedLinear layer)
    {
        (int width, int positions) = (Width(layer), Height(layer) * Width(layer));
        int strip = StripVectors(layer, (positions + Lanes - 1) / Lanes) * Lanes;
        return layer.Pool is null && positions <= strip ? width : RowPitch(width);
    }

    /// <summary>Vectors of all positions.</summary>
    private static int Vectors(FusedLinear layer) => (Height(layer) * Pitch(layer) + Lanes - 1) / Lanes;

    private static int StripVectors(FusedLinear layer, int vectors) =>
        vectors > 2 && (vectors % 4 == 0 || vectors > 6) && Groups(layer) * Entries * 4 * VectorBytes <= MaxTableBytes ? 4 : 2;

    /// <summary>The inputs of each position of a strip: a row for each input, in the order of the weights.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Gather(ref byte padded, int group, int firstRow, ref byte patches)
    {
        Linear linear = Layer.Linear;
        int rows = Math.Min(_stripRows, _height - firstRow),
            stride = linear.Stride,
            channels = Layer.Source.Channels / linear.Groups,
            nextRow = stride * Row,
            nextPart = stride * _keptCount;
        for (int channel = group * channels; channel < (group + 1) * channels; channel++)
        {
            for (int ky = 0; ky < linear.KernelHeight; ky++)
            {
                ref byte first = ref Unsafe.Add(ref padded, (channel * Rows + firstRow * stride + ky) * Row);
                for (int kx = 0; kx < linear.KernelWidth; kx++)
                {
                    // Rows are written in order, so what a vector writes beyond one is overwritten by the next.
                    ref byte from = ref Unsafe.Add(ref first, kx),
                        to = ref patches;
                    for (int y = 0; y < rows; y++, from = ref Unsafe.Add(ref from, nextRow), to = ref Unsafe.Add(ref to, _pitch))
                    {
                        ref byte part = ref from;
                        for (int x = 0; x < _width; x += _keptCount, part = ref Unsafe.Add(ref part, nextPart))
                        {
                            Vector128<byte> some = Vector128.LoadUnsafe(ref part);
                            (stride == 1 ? some : Vector128.ShuffleNative(some, _kept)).StoreUnsafe(ref to, (nuint)x);
                        }
                    }

                    patches = ref Unsafe.Add(ref patches, StripPositions);
                }
            }
        }
    }

    /// <summary>The sums of each four inputs with all weights. Bit i of an entry's index is the weight of input i, 1 for +1.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tabulate(ref byte inputs, int stride, int count, int groups, ref byte table)
    {
        TVector zero = TOps.Fill(0),
            bias = TOps.Fill16(_bias);
        int entry = StripBytes;
        for (int i = 0; i < groups; i++, count -= Inputs)
        {
            for (int vector = 0; vector < _stripVectors; vector++)
            {
                ref byte from = ref Unsafe.Add(ref inputs, vector * Lanes),
                    to = ref Unsafe.Add(ref table, vector * VectorBytes);
                TVector a = TOps.Subtract16(TOps.LoadBytes(ref from), bias),
                    b = count > 1 ? TOps.Subtract16(TOps.LoadBytes(ref Unsafe.Add(ref from, stride)), bias) : zero,
                    c = count > 2 ? TOps.Subtract16(TOps.LoadBytes(ref Unsafe.Add(ref from, 2 * stride)), bias) : zero,
                    d = count > 3 ? TOps.Subtract16(TOps.LoadBytes(ref Unsafe.Add(ref from, 3 * stride)), bias) : zero;
                TVector both = TOps.Add16(a, b),
                    one = TOps.Subtract16(a, b),
                    sum = TOps.Add16(c, d),
                    difference = TOps.Subtract16(c, d);
                Four(TOps.Subtract16(zero, sum), both, one, ref to, entry);
                Four(difference, both, one, ref Unsafe.Add(ref to, 4 * entry), entry);
                Four(TOps.Subtract16(zero, difference), both, one, ref Unsafe.Add(ref to, 8 * entry), entry);
                Four(sum, both, one, ref Unsafe.Add(ref to, 12 * entry), entry);
            }

            inputs = ref Unsafe.Add(ref inputs, Inputs * stride);
            table = ref Unsafe.Add(ref table, Entries * entry);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Four(TVector rest, TVector both, TVector one, ref byte to, int entry)
        {
            TOps.Store(TOps.Subtract16(rest, both), ref to);
            TOps.Store(TOps.Add16(rest, one), ref Unsafe.Add(ref to, entry));
            TOps.Store(TOps.Subtract16(rest, one), ref Unsafe.Add(ref to, 2 * entry));
            TOps.Store(TOps.Add16(rest, both), ref Unsafe.Add(ref to, 3 * entry));
        }
    }
}
