using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution of codes on one image as a matrix product of bytes. Weights are bytes -1 and +1. Four inputs of a position lie side by
/// side, and one instruction multiplies them with four weights at all positions of a vector. Where sums have 16 bits, they are added to
/// sums of 32 before they could overflow. Strips of rows keep what is read in the level-1 cache.
/// </summary>
internal sealed class DotConvolution<TOps, TVector> : ConvolutionKernel
    where TOps : struct, IIntegerOps<TVector>
    where TVector : struct
{
    private const int MaxVectors = 3, // of a strip: four outputs of three vectors have 12 sums in registers.
        MaxFanIn = 1 << 16, // What a strip reads takes 3 MiB.
        MaxWeights = 1 << 22;

    private readonly int _steps;
    private readonly int _chunk; // steps whose sums cannot overflow
    private readonly int _stripPositions;
    private readonly int _strips;
    private readonly int _vectors;
    private readonly int _block; // outputs at a time
    private readonly int _blocks;
    private readonly int _positions;
    private readonly int _windows; // Positions of a window of the pool.
    private readonly int[] _weights;
    private readonly int _padded;
    private readonly int _interleaved;
    private readonly int _patches;
    private readonly int _sums;
    private readonly DotInputs _inputs;
    private readonly OutputPooling _pooling;

    public DotConvolution(FusedLinear layer)
        : base(layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        (int height, int width) = (DotInputs.Rows(layer), layer.Result.Width);
        _steps = DotInputs.Steps(layer);
        _chunk = TOps.ByteProductsHave32Bits ? _steps : short.MaxValue / (2 * source.Maximum);
        (int stripRows, _vectors) = Strip(height, width);
        _stripPositions = stripRows * width;
        _windows = height / layer.Result.Height;
        _strips = (height + stripRows - 1) / stripRows;
        _block = Block(_vectors);
        _blocks = (linear.Outputs / linear.Groups + _block - 1) / _block;

        // What is written behind a strip or an output is overwritten by the next.
        _positions = ((_strips - 1) * _stripPositions + _vectors * TOps.Lanes + 15) & ~15;
        int stepBytes = _vectors * TOps.Lanes * sizeof(int);
        _inputs = new DotInputs(layer, stripRows, stepBytes);
        _weights = Weights(layer);
        _padded = linear.Padding == 0 ? 0 : Align(source.Channels * Rows * Row + 2 * Vector512<byte>.Count);
        _interleaved = Align(_inputs.InterleavedBytes);
        _patches = Align(_steps * stepBytes + Vector512<byte>.Count);
        _sums = ((linear.Outputs + _block) * _positions + 2 * Vector512<int>.Count) * sizeof(int);
        _pooling = new OutputPooling(layer, width, _positions, stride: 1);
    }

    public override int ScratchBytes => _padded + _interleaved + _patches + Align(_sums);

    /// <summary>
    /// Whether the processor multiplies bytes, and the input is codes of several bits, few enough of them at a
    /// position and in all.
    /// </summary>
    public static bool Fits(FusedLinear layer) =>
        TOps.MultipliesBytes
        && layer.Source is { Kind: ElementKind.Codes, Bits: > 1 and <= 8 }
        && layer.Linear.Outputs / layer.Linear.Groups > 1
        && (layer.Pool is null || layer.Pool.Stride == layer.Pool.Size)
        && layer.Linear.Stride * (layer.Pool?.Size ?? 1) <= DotInputs.MaxStep
        && layer.Result.Width <= MaxVectors * TOps.Lanes
        && layer.FanIn <= MaxFanIn
        && (long)layer.FanIn * layer.Linear.Outputs <= MaxWeights;

    /// <summary>The time, in units of a product and its addition. To read and write 32 bytes takes as long as ten of 256 bits.</summary>
    public static double Cost(FusedLinear layer)
    {
        Linear linear = layer.Linear;
        (int height, int width) = (DotInputs.Rows(layer), layer.Result.Width);
        (int rows, int vectors) = Strip(height, width);
        int strips = (height + rows - 1) / rows,
            block = Block(vectors),
            outputs = linear.Outputs / linear.Groups;
        double products = (double)vectors * strips * ((outputs + block - 1) / block * block),
            moves = (double)height * ((width * sizeof(int) + 31) / 32);
        return (double)linear.Groups * DotInputs.Steps(layer) * (products + 80.0 / TOps.Lanes * moves);
    }

    private static int Block(int vectors) => vectors < MaxVectors ? 8 : 4;

    /// <summary>The rows of a strip and its vectors of positions: few vectors in all.</summary>
    private static (int Rows, int Vectors) Strip(int height, int width)
    {
        (int Rows, int Vectors, int Total) best = (0, 0, int.MaxValue);
        for (int rows = 1; rows <= height; rows++)
        {
            int vectors = (rows * width + TOps.Lanes - 1) / TOps.Lanes,
                total = vectors * ((height + rows - 1) / rows);
            if (vectors <= MaxVectors && total <= best.Total)
            {
                best = (rows, vectors, total);
            }
        }

        return (best.Rows, best.Vectors);
    }

    /// <summary>Four bytes for each group, block of outputs, step and output. What is no weight is 0.</summary>
    private int[] Weights(FusedLinear layer)
    {
        Linear linear = layer.Linear;
        int outputs = linear.Outputs / linear.Groups,
            area = linear.KernelHeight * linear.KernelWidth;
        int[] weights = new int[linear.Groups * _blocks * _steps * _block];
        Span<byte> bytes = MemoryMarshal.AsBytes(weights.AsSpan());
        for (int output = 0; output < linear.Outputs; output++)
        {
            (int group, int within) = Math.DivRem(output, outputs);
            int first = (group * _blocks + within / _block) * _steps * _block + within % _block;
            for (int i = 0; i < layer.FanIn; i++)
            {
                (int step, int lane) = _inputs.Place(i / area, i % area / linear.KernelWidth, i % linear.KernelWidth);
                bool isOne = PackedBits.Read(linear.Weights.Span, (long)output * layer.FanIn + i, 1) != 0;
                bytes[(first + step * _block) * DotInputs.Count + lane] = isOne ? (byte)1 : unchecked((byte)-1);
            }
        }

        return weights;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        ref byte interleaved = ref Unsafe.Add(ref scratch, _padded);
        ref byte patches = ref Unsafe.Add(ref interleaved, _interleaved);
        ref int sums = ref Unsafe.As<byte, int>(ref Unsafe.Add(ref patches, _patches));
        ref byte padded = ref scratch;
        if (_padded == 0)
        {
            padded = ref source; // What is read behind it belongs to the memory of the image. It meets weights of 0 or is not read.
        }
        else
        {
            Pad(ref source, ref padded, Row);
        }

        int channels = Layer.Source.Channels / Layer.Linear.Groups,
            outputs = Layer.Linear.Outputs / Layer.Linear.Groups;
        for (int group = 0; group < Layer.Linear.Groups; group++)
        {
            _inputs.Interleave(ref Unsafe.Add(ref padded, group * channels * Rows * Row), ref interleaved);
            for (int strip = 0; strip < _strips; strip++)
            {
                _inputs.Gather(ref interleaved, strip, ref patches);
                for (int block = 0; block < _blocks; block++)
                {
                    ref int weights = ref _weights[(group * _blocks + block) * _steps * _block];
                    ref int place = ref Unsafe.Add(ref sums, (group * outputs + block * _block) * _positions + strip * _stripPositions);
                    if (_vectors == MaxVectors)
                    {
                        Add3(ref patches, ref weights, ref place);
                        continue;
                    }

                    for (int lane = 0; lane < _vectors * TOps.Lanes; lane += TOps.Lanes)
                    {
                        Add1(ref Unsafe.Add(ref patches, lane * sizeof(int)), ref weights, ref Unsafe.Add(ref place, lane));
                    }
                }
            }
        }

        if (_windows > 1)
        {
            Pool(ref sums);
        }

        _pooling.End(MemoryMarshal.CreateSpan(ref sums, _sums / sizeof(int)), ref result);
    }

    /// <summary>The maximum of each window: of values that lie one result apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Pool(ref int sums)
    {
        int area = Layer.Result.Area;
        for (int output = 0; output < Layer.Linear.Outputs; output++, sums = ref Unsafe.Add(ref sums, _positions))
        {
            // What is written behind the result is read no more but by its own vector, before.
            for (int i = 0; i < area; i += TOps.Lanes)
            {
                ref int place = ref Unsafe.Add(ref sums, i);
                TVector most = TOps.Load(ref place);
                for (int window = 1; window < _windows; window++)
                {
                    most = TOps.Max(most, TOps.Load(ref Unsafe.Add(ref place, window * area)));
                }

                TOps.Store(most, ref place);
            }
        }
    }

    /// <summary>Eight outputs at one vector of positions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Add1(ref byte patches, ref int weights, ref int sums)
    {
        ref int inputs = ref Unsafe.As<byte, int>(ref patches);
        nint next = _vectors * TOps.Lanes;
        for (int begin = 0; begin < _steps; begin += _chunk)
        {
            TVector a = TOps.Fill(0),
                b = a,
                c = a,
                d = a,
                e = a,
                f = a,
                g = a,
                h = a;
            for (int step = Math.Min(_chunk, _steps - begin); step > 0; step--)
            {
                TVector x = TOps.Load(ref inputs);
                a = TOps.AddByteProducts(a, x, TOps.Fill(weights));
                b = TOps.AddByteProducts(b, x, TOps.Fill(Unsafe.Add(ref weights, 1)));
                c = TOps.AddByteProducts(c, x, TOps.Fill(Unsafe.Add(ref weights, 2)));
                d = TOps.AddByteProducts(d, x, TOps.Fill(Unsafe.Add(ref weights, 3)));
                e = TOps.AddByteProducts(e, x, TOps.Fill(Unsafe.Add(ref weights, 4)));
                f = TOps.AddByteProducts(f, x, TOps.Fill(Unsafe.Add(ref weights, 5)));
                g = TOps.AddByteProducts(g, x, TOps.Fill(Unsafe.Add(ref weights, 6)));
                h = TOps.AddByteProducts(h, x, TOps.Fill(Unsafe.Add(ref weights, 7)));
                inputs = ref Unsafe.Add(ref inputs, next);
                weights = ref Unsafe.Add(ref weights, 8);
            }

            bool add = begin > 0;
            Store(a, add, ref sums);
            Store(b, add, ref Unsafe.Add(ref sums, _positions));
            Store(c, add, ref Unsafe.Add(ref sums, 2 * _positions));
            Store(d, add, ref Unsafe.Add(ref sums, 3 * _positions));
            Store(e, add, ref Unsafe.Add(ref sums, 4 * _positions));
            Store(f, add, ref Unsafe.Add(ref sums, 5 * _positions));
            Store(g, add, ref Unsafe.Add(ref sums, 6 * _positions));
            Store(h, add, ref Unsafe.Add(ref sums, 7 * _positions));
        }
    }

    /// <summary>Four outputs at three vectors of positions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Add3(ref byte patches, ref int weights, ref int sums)
    {
        ref int inputs = ref Unsafe.As<byte, int>(ref patches);
        for (int begin = 0; begin < _steps; begin += _chunk)
        {
            TVector a0 = TOps.Fill(0),
                a1 = a0,
                a2 = a0,
                b0 = a0,
                b1 = a0,
                b2 = a0,
                c0 = a0,
                c1 = a0,
                c2 = a0,
                d0 = a0,
                d1 = a0,
                d2 = a0;
            for (int step = Math.Min(_chunk, _steps - begin); step > 0; step--)
            {
                TVector x0 = TOps.Load(ref inputs),
                    x1 = TOps.Load(ref Unsafe.Add(ref inputs, TOps.Lanes)),
                    x2 = TOps.Load(ref Unsafe.Add(ref inputs, 2 * TOps.Lanes));
                TVector a = TOps.Fill(weights),
                    b = TOps.Fill(Unsafe.Add(ref weights, 1));
                a0 = TOps.AddByteProducts(a0, x0, a);
                a1 = TOps.AddByteProducts(a1, x1, a);
                a2 = TOps.AddByteProducts(a2, x2, a);
                b0 = TOps.AddByteProducts(b0, x0, b);
                b1 = TOps.AddByteProducts(b1, x1, b);
                b2 = TOps.AddByteProducts(b2, x2, b);
                TVector c = TOps.Fill(Unsafe.Add(ref weights, 2)),
                    d = TOps.Fill(Unsafe.Add(ref weights, 3));
                c0 = TOps.AddByteProducts(c0, x0, c);
                c1 = TOps.AddByteProducts(c1, x1, c);
                c2 = TOps.AddByteProducts(c2, x2, c);
                d0 = TOps.AddByteProducts(d0, x0, d);
                d1 = TOps.AddByteProducts(d1, x1, d);
                d2 = TOps.AddByteProducts(d2, x2, d);
                inputs = ref Unsafe.Add(ref inputs, 3 * TOps.Lanes);
                weights = ref Unsafe.Add(ref weights, 4);
            }

            bool add = begin > 0;
            Store(a0, a1, a2, add, ref sums);
            Store(b0, b1, b2, add, ref Unsafe.Add(ref sums, _positions));
            Store(c0, c1, c2, add, ref Unsafe.Add(ref sums, 2 * _positions));
            Store(d0, d1, d2, add, ref Unsafe.Add(ref sums, 3 * _positions));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, TVector third, bool add, ref int sums)
    {
        Store(first, add, ref sums);
        Store(second, add, ref Unsafe.Add(ref sums, TOps.Lanes));
        Store(third, add, ref Unsafe.Add(ref sums, 2 * TOps.Lanes));
    }

    /// <summary>Stores sums of products, or adds them to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector products, bool add, ref int sums) =>
        TOps.Store(TOps.Add(TOps.SumsOfProducts(products), add ? TOps.Load(ref sums) : TOps.Fill(0)), ref sums);
}
