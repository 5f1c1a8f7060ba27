using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// A convolution of codes on one image, by additions of 16 bits. A few inputs of a position have few different sums with weights of one
/// bit. A table holds these sums at all positions of a strip of rows. All outputs read it, at all places of the kernel. Lanes are
/// positions: the sum that a place of the kernel reads lies so many positions further on. Codes are less half of their range, so that more
/// of them fit into 16 bits. See <see cref="SharedSums"/>.
/// </summary>
internal sealed class SharedSumConvolution<TOps, TVector> : ConvolutionKernel
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private const int CacheBytes = 32 << 10, // Tables should fit into the level-1 cache.
        MaxTableBytes = sizeof(short) << 16, // Places have 16 bits.
        MaxWeights = 1 << 22;

    private readonly SharedSums _sums;
    private readonly Strips _strips;
    private readonly int _planeRows;
    private readonly int _row; // Length of a padded row.
    private readonly int _center;
    private readonly int _padded;
    private readonly int _planes;
    private readonly int _table;
    private readonly int _codes; // Bytes of an output: codes, or sums of 32 bits.
    private readonly int _allCodes; // Bytes of all outputs, and what may be read behind them.
    private readonly int[] _inputs; // Where the inputs of tables lie.
    private readonly SharedSumOutputs<TOps, TVector> _outputs;
    private readonly OutputPooling? _pooling; // Ends sums.

    public SharedSumConvolution(FusedLinear layer)
        : base(layer)
    {
        Linear linear = layer.Linear;
        _strips = Best(layer)!;
        _sums = _strips.Sums;
        _planeRows = (Rows + _sums.Step - 1) / _sums.Step;
        _row = _sums.Step == 1 ? _sums.Pitch : Row;
        _center = Center(layer);
        _outputs = new SharedSumOutputs<TOps, TVector>(layer, _sums, Chunks(layer, _sums), _center, _strips.EntryBytes);
        int planes = layer.Source.Channels * _sums.Step * _sums.Step;
        _padded = linear.Padding == 0 ? 0 : Align(layer.Source.Channels * Rows * Row + 2 * Vector512<byte>.Count);
        _planes = _sums.Step == 1 ? 0 : Align(planes * _planeRows * _sums.Pitch + 2 * Vector512<byte>.Count);
        _table = Align(_sums.Units * _sums.Tables * _sums.Entries * _strips.EntryBytes + (_strips.Table + 1) * VectorBytes);
        _codes = _strips.All * Lanes * _outputs.ElementBytes;
        _allCodes = linear.Outputs * _codes + OutputPooling.SpareElements(layer, _sums.Pitch, stride: 1) * sizeof(int);
        if (_outputs.ElementBytes > 1)
        {
            _pooling = new OutputPooling(layer, _sums.Pitch, _codes / sizeof(int), stride: 1);
        }

        int step = _sums.Step;
        _inputs = new int[_sums.Units * _sums.Tables * SharedSums.MaxInputs];
        for (int i = 0; i < _inputs.Length; i++)
        {
            int table = i / SharedSums.MaxInputs,
                input = Math.Min(i % SharedSums.MaxInputs, _sums.Inputs(table) - 1);
            (int channel, int row, int column) = _sums.Input(table, input);
            int plane = (channel * step + row) * step + column % step;
            _inputs[i] = plane * _planeRows * _sums.Pitch + column / step;
        }
    }

    public override int ScratchBytes => _padded + _planes + _table + Align(_allCodes);

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private static int Lanes => VectorBytes / sizeof(short);

    /// <summary>Whether the layer reads codes, pools no sums, and its tables and lists are small enough.</summary>
    public static bool Fits(FusedLinear layer) =>
        layer.Source is { Kind: ElementKind.Codes, Bits: > 1 and <= 8 }
        && (layer.Pool is null || (layer.Pool.Stride == layer.Pool.Size && SharedEnd.Of(layer) is not null))
        && (long)layer.FanIn * layer.Linear.Outputs <= MaxWeights
        && Best(layer) is not null;

    /// <summary>Additions of vectors, or what takes as long.</summary>
    public static double Additions(FusedLinear layer) => Best(layer)!.Additions;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch)
    {
        Linear linear = Layer.Linear;
        ref byte padded = ref scratch;
        ref byte planes = ref Unsafe.Add(ref scratch, _padded);
        ref byte table = ref Unsafe.Add(ref planes, _planes);
        ref byte codes = ref Unsafe.Add(ref table, _table);
        if (_padded == 0)
        {
            padded = ref source; // What is read behind it belongs to the memory of the image. It does not matter.
        }
        else
        {
            Pad(ref source, ref padded, _row);
        }

        if (_planes == 0)
        {
            planes = ref padded;
        }
        else
        {
            Split(ref padded, ref planes);
        }

        int outputs = linear.Outputs / linear.Groups,
            tables = _sums.Units * _sums.Tables,
            groupBytes = Layer.Source.Channels / linear.Groups * _sums.Step * _sums.Step * _planeRows * _sums.Pitch;
        for (int group = 0; group < linear.Groups; group++)
        {
            for (int vector = 0; vector < _strips.All; vector += _strips.Vectors)
            {
                int first = vector * Lanes,
                    vectors = Math.Min(_strips.Vectors, _strips.All - vector),
                    read = Math.Min(_strips.Table, (_planeRows * _sums.Pitch + linear.Padding - first + Lanes - 1) / Lanes);
                for (int i = 0; i < tables; i++)
                {
                    Tabulate(
                        ref Unsafe.Add(ref planes, group * groupBytes + first),
                        i,
                        read,
                        ref Unsafe.Add(ref table, i * _sums.Entries * _strips.EntryBytes)
                    );
                }

                ref byte place = ref Unsafe.Add(ref codes, group * outputs * _codes + first * _outputs.ElementBytes);
                _outputs.Run(ref table, vectors, group * outputs, outputs, ref place, _codes);
            }
        }

        if (_pooling is null)
        {
            Copy(ref codes, ref result);
            return;
        }

        _pooling.Integers(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref codes), _allCodes / sizeof(int)), ref result);
    }

    /// <summary>The fastest way; null: there is none.</summary>
    private static Strips? Best(FusedLinear layer)
    {
        Strips? best = null;
        bool givesSums = SharedEnd.Of(layer) is null;
        foreach (SharedSums sums in SharedSums.Of(layer))
        {
            // Sums are moved together in place. Where rows overlap, that would overwrite them.
            if (sums.UnitInputs * Center(layer) <= short.MaxValue && !(givesSums && sums.Pitch < layer.Result.Width))
            {
                best = Strips.Of(layer, sums, givesSums, best);
            }
        }

        return best;
    }

    /// <summary>What codes are less in the tables: half of their range. None is further from it.</summary>
    private static int Center(FusedLinear layer) => (layer.Source.Maximum + 1) / 2;

    /// <summary>Sums of 16 bits that make up an output.</summary>
    private static int Chunks(FusedLinear layer, SharedSums sums)
    {
        int most = short.MaxValue / (sums.UnitInputs * Center(layer));
        return (sums.Units + most - 1) / most;
    }

    /// <summary>The rows and columns that a step apart are, of each channel.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Split(ref byte padded, ref byte planes)
    {
        Vector128<ushort> low = Vector128.Create((ushort)byte.MaxValue);
        (int step, int pitch) = (_sums.Step, _sums.Pitch);
        for (int channel = 0; channel < Layer.Source.Channels; channel++)
        {
            for (int phase = 0; phase < step * step; phase++)
            {
                // Rows are written in order, so what a vector writes beyond one is overwritten by the next.
                (int row, int column) = Math.DivRem(phase, step);
                for (int y = 0; y < _planeRows; y++, row += step, planes = ref Unsafe.Add(ref planes, pitch))
                {
                    row = Math.Min(row, Rows - 1);
                    ref byte from = ref Unsafe.Add(ref padded, (channel * Rows + row) * _row + column);
                    for (int x = 0; x < pitch; x += Vector128<byte>.Count)
                    {
                        Vector256<ushort> pairs = Vector256.LoadUnsafe(ref from, (nuint)(2 * x)).AsUInt16();
                        Vector128<byte> first = Avx512BW.VL.IsSupported
                            ? Avx512BW.VL.ConvertToVector128Byte(pairs)
                            : Vector128.Narrow(pairs.GetLower() & low, pairs.GetUpper() & low);
                        first.StoreUnsafe(ref planes, (nuint)x);
                    }
                }
            }
        }
    }

    /// <summary>The sums of a table. Bit i of an entry's index is the weight of input i, 1 for +1.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tabulate(ref byte planes, int table, int vectors, ref byte sums)
    {
        ReadOnlySpan<int> inputs = _inputs.AsSpan(table * SharedSums.MaxInputs, SharedSums.MaxInputs);
        int count = _sums.Inputs(table),
            entry = _strips.EntryBytes;
        ref byte first = ref Unsafe.Add(ref planes, inputs[0]),
            second = ref Unsafe.Add(ref planes, inputs[1]),
            third = ref Unsafe.Add(ref planes, inputs[2]),
            fourth = ref Unsafe.Add(ref planes, inputs[3]),
            fifth = ref Unsafe.Add(ref planes, inputs[4]);
        TVector zero = TOps.Fill(0),
            center = TOps.Fill16((short)_center);
        for (int vector = 0; vector < vectors; vector++, sums = ref Unsafe.Add(ref sums, VectorBytes))
        {
            int at = vector * Lanes;
            TVector a = Centered(ref first, at, center),
                b = count > 1 ? Centered(ref second, at, center) : zero,
                both = TOps.Add16(a, b),
                one = TOps.Subtract16(a, b);
            if (count <= 2)
            {
                Four(zero, both, one, ref sums, entry);
                continue;
            }

            TVector c = Centered(ref third, at, center);
            if (count == 3)
            {
                Four(TOps.Subtract16(zero, c), both, one, ref sums, entry);
                Four(c, both, one, ref Unsafe.Add(ref sums, 4 * entry), entry);
                continue;
            }

            TVector d = Centered(ref fourth, at, center),
                sum = TOps.Add16(c, d),
                difference = TOps.Subtract16(c, d);
            if (count == 4)
            {
                Sixteen(zero, sum, difference, both, one, ref sums, entry);
                continue;
            }

            TVector e = Centered(ref fifth, at, center);
            Sixteen(TOps.Subtract16(zero, e), sum, difference, both, one, ref sums, entry);
            Sixteen(e, sum, difference, both, one, ref Unsafe.Add(ref sums, 16 * entry), entry);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TVector Centered(ref byte input, int at, TVector center) =>
            TOps.Subtract16(TOps.LoadBytes(ref Unsafe.Add(ref input, at)), center);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Sixteen(TVector rest, TVector sum, TVector difference, TVector both, TVector one, ref byte to, int entry)
        {
            Four(TOps.Subtract16(rest, sum), both, one, ref to, entry);
            Four(TOps.Add16(rest, difference), both, one, ref Unsafe.Add(ref to, 4 * entry), entry);
            Four(TOps.Subtract16(rest, difference), both, one, ref Unsafe.Add(ref to, 8 * entry), entry);
            Four(TOps.Add16(rest, sum), both, one, ref Unsafe.Add(ref to, 12 * entry), entry);
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

    /// <summary>
    /// The codes without the gaps between rows, and the pool of codes. Where the multiplier is negative, the code of the largest sum is the
    /// smallest one. What is written beyond a row is overwritten by the next.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Copy(ref byte codes, ref byte result)
    {
        (int height, int width, int pitch, int pool) = (Layer.Result.Height, Layer.Result.Width, _sums.Pitch, _sums.Pool);
        bool givesBits = Layer.Epilogue is Threshold;
        var writer = new BitWriter(ref Unsafe.As<byte, ulong>(ref result));
        Vector256<ushort> low = Vector256.Create((ushort)byte.MaxValue);
        for (int output = 0; output < Layer.Linear.Outputs; output++)
        {
            ref byte row = ref Unsafe.Add(ref codes, output * _codes);
            Vector256<byte> flip = _outputs.Multipliers[output] < 0 ? Vector256<byte>.AllBitsSet : Vector256<byte>.Zero;
            for (int y = 0; y < height; y++, row = ref Unsafe.Add(ref row, pool * pitch))
            {
                int count;
                for (int x = 0; x < width; x += count)
                {
                    count = Math.Min(width - x, Vector128<byte>.Count);
                    ref byte place = ref Unsafe.Add(ref row, pool * x);
                    Vector128<byte> some = Vector128.LoadUnsafe(ref place);
                    if (pool > 1)
                    {
                        Vector256<byte> pairs = Vector256.Max(
                            Vector256.LoadUnsafe(ref place) ^ flip,
                            Vector256.LoadUnsafe(ref place, (nuint)pitch) ^ flip
                        );
                        Vector256<ushort> most = Vector256.Max(pairs.AsUInt16() & low, pairs.AsUInt16() >> 8) ^ (flip.AsUInt16() & low);
                        some = Vector128.Narrow(most.GetLower(), most.GetUpper());
                    }

                    if (givesBits)
                    {
                        uint zeros = Vector128.Equals(some, Vector128<byte>.Zero).ExtractMostSignificantBits();
                        writer.Append(~zeros & ((1u << count) - 1), count);
                    }
                    else
                    {
                        some.StoreUnsafe(ref result);
                        result = ref Unsafe.Add(ref result, count);
                    }
                }
            }
        }

        if (givesBits)
        {
            writer.End();
        }
    }

    /// <summary>Positions of outputs at a time, in whole vectors.</summary>
    private sealed class Strips(SharedSums sums, int all, int vectors, int table, int entryBytes, double additions)
    {
        public readonly SharedSums Sums = sums;

        /// <summary>Vectors of all positions of an output.</summary>
        public readonly int All = all;

        /// <summary>Vectors of a strip. The last one may have fewer.</summary>
        public readonly int Vectors = vectors;

        /// <summary>Vectors of an entry of a strip's tables.</summary>
        public readonly int Table = table;

        /// <summary>An odd number of cache lines, so that the same place of many sums is not in one set of the cache.</summary>
        public readonly int EntryBytes = entryBytes;

        /// <summary>See above.</summary>
        public readonly double Additions = additions;

        /// <summary>The fastest, or what is faster; null: tables are too large.</summary>
        public static Strips? Of(FusedLinear layer, SharedSums sums, bool givesSums, Strips? best)
        {
            long tables = (long)sums.Units * sums.Tables * sums.Entries;
            int outputs = layer.Linear.Outputs / layer.Linear.Groups,
                all = (sums.Positions + Lanes - 1) / Lanes;
            // A vector of sums is stored, moved and ended later.
            double perVector = sums.Windows * (sums.Units * sums.Terms + 4.0 * Chunks(layer, sums)) + 8 + (givesSums ? 0.5 * Lanes : 0);
            // To split 16 bytes takes as long as 2.5 additions.
            int rows = layer.Source.Height + 2 * layer.Linear.Padding;
            double split = sums.Step == 1 ? 0 : 2.5 * layer.Source.Channels * sums.Step * rows * ((sums.Pitch + 15) / 16);
            for (int vectors = 1; vectors <= all; vectors++)
            {
                int table = (vectors * Lanes + sums.MorePositions + Lanes - 1) / Lanes,
                    entryBytes = Align(table * VectorBytes) | 64,
                    count = (all + vectors - 1) / vectors;
                long bytes = tables * entryBytes;
                if (bytes > MaxTableBytes)
                {
                    break;
                }

                // Four, two or one vectors share the reading of a list.
                double lists = 0.5 * (all / vectors * Passes(vectors) + Passes(all % vectors)),
                    misses = bytes <= CacheBytes ? 1
                    : bytes <= 1.5 * CacheBytes ? 1.1
                    : 1.3,
                    cost = split + layer.Linear.Groups * misses * (1.5 * tables * count * table + outputs * perVector * (all + lists));
                if (best is null || cost < best.Additions)
                {
                    best = new Strips(sums, all, vectors, table, entryBytes, cost);
                }
            }

            return best;

            static int Passes(int vectors) => vectors / 4 + vectors % 4 / 2 + vectors % 2;
        }
    }
}
