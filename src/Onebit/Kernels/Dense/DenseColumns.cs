using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// The outputs are the lanes, one bit each. Each input that is 1 adds its column of weights. The result of the comparison is the input of
/// the next layer, without any conversion. Dark pixels cost nothing.
/// </summary>
internal sealed class DenseColumns<TOps, TVector> : DenseKernel
    where TOps : struct, IVectorOps<TVector>
    where TVector : struct
{
    private const int Block = 16;

    private readonly int _vectors;
    private readonly int _differenceBits;
    private readonly int _accumulatorBytes;
    private readonly AlignedBytes _columns;
    private readonly AlignedBytes _addends;

    public DenseColumns(FusedLinear layer)
        : base(layer)
    {
        _vectors = (Outputs + BitLanes<TOps, TVector>.Lanes - 1) / BitLanes<TOps, TVector>.Lanes;
        _differenceBits = BitLanes<TOps, TVector>.DifferenceBits(MaxTotal);
        _accumulatorBytes = BitLanes<TOps, TVector>.AccumulatorBytes((int)Math.Min(int.MaxValue, (Inputs + Block) * ((1L << Planes) - 1)));

        // For each vector of outputs a column per input, with a bit per output. The last column adds nothing.
        _columns = new AlignedBytes(_vectors * (Inputs + 1) * VectorBytes);
        for (int o = 0; o < Outputs; o++)
        {
            int vector = o / BitLanes<TOps, TVector>.Lanes,
                bit = o % BitLanes<TOps, TVector>.Lanes;
            for (int i = 0; i < Inputs; i++)
            {
                _columns[(vector * (Inputs + 1) + i) * VectorBytes + bit / 8] |= (byte)(((Rows[o * Words + i / 64] >> i) & 1) << (bit & 7));
            }
        }

        // The thresholds, negated and bit-sliced. Lanes without an output never reach theirs.
        _addends = new AlignedBytes(_differenceBits * _vectors * VectorBytes);
        for (int o = 0; o < _vectors * BitLanes<TOps, TVector>.Lanes; o++)
        {
            int addend = o < Outputs ? -Thresholds[o] : -MaxTotal - 1;
            for (int bit = 0; bit < _differenceBits; bit++)
            {
                int at = (o / (8 * VectorBytes) * _differenceBits + bit) * VectorBytes + o % (8 * VectorBytes) / 8;
                _addends[at] |= (byte)(((addend >> bit) & 1) << (o & 7));
            }
        }
    }

    protected override int OwnScratchBytes => 2 * _accumulatorBytes + Planes * ListBytes;

    /// <summary>Bytes of a list of columns, which begins with their number.</summary>
    private int ListBytes => sizeof(int) + (Inputs + Block + BitString.ListSpare) * sizeof(ushort);

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Signs(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch)
    {
        int total = Active(planes, ref scratch);
        for (int vector = 0; vector < _vectors; vector++)
        {
            int max = Positive(vector, ref scratch);
            TVector result = BitLanes<TOps, TVector>.NotNegative(
                ref scratch,
                BitLanes<TOps, TVector>.Bits(max),
                ref Unsafe.Add(ref _addends.Start, vector * _differenceBits * VectorBytes),
                _differenceBits,
                -total
            );
            TVector flips = TOps.Load(
                ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref MemoryMarshal.GetArrayDataReference(Flips)), vector * VectorBytes)
            );
            TOps.Store(TOps.Xor(result, flips), ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref bits), vector * VectorBytes));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override int Positives(ReadOnlySpan<ulong> planes, Span<int> positives, ref byte scratch)
    {
        int total = Active(planes, ref scratch);
        for (int vector = 0; vector < _vectors; vector++)
        {
            int max = Positive(vector, ref scratch);
            BitLanes<TOps, TVector>.ToIntegers(
                ref scratch,
                max,
                positives.Slice(vector * BitLanes<TOps, TVector>.Lanes, BitLanes<TOps, TVector>.Lanes)
            );
        }

        return total;
    }

    /// <summary>Lists the columns of the inputs that are 1, plane by plane.</summary>
    /// <returns>The sum of all inputs.</returns>
    private int Active(ReadOnlySpan<ulong> planes, ref byte scratch)
    {
        ushort factor = (ushort)(VectorBytes / sizeof(ulong));
        int total = 0;
        for (int p = 0; p < Planes; p++)
        {
            ref ushort list = ref List(p, ref scratch, out _);
            int count = BitString.List(planes.Slice(p * BitString.Words(Inputs), Words), factor, ref list);
            total += count << p;

            // Whole blocks: no branch depends on how many columns are left over.
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref list, count), Block).Fill((ushort)(Inputs * factor));
            Count(p, ref scratch) = (count + Block - 1) / Block * Block;
        }

        return total;
    }

    /// <summary>Sums the listed columns of one vector of outputs into the first accumulator of scratch memory.</summary>
    /// <returns>An upper bound of the sums.</returns>
    private int Positive(int vector, ref byte scratch)
    {
        ref byte columns = ref Unsafe.Add(ref _columns.Start, vector * (Inputs + 1) * VectorBytes);
        ref byte other = ref Unsafe.Add(ref scratch, _accumulatorBytes);
        int max = 0;
        for (int p = 0; p < Planes; p++)
        {
            ref ushort list = ref List(p, ref scratch, out int count);
            BitLanes<TOps, TVector>.Sum(new Columns(ref columns, ref list), count, ref p == 0 ? ref scratch : ref other);
            if (p > 0)
            {
                // Planes below p stay as they are. There may be fewer of them than p.
                for (int bit = BitLanes<TOps, TVector>.Bits(max); bit < p; bit++)
                {
                    TOps.Store(TOps.Fill(0), ref BitLanes<TOps, TVector>.Plane(ref scratch, bit));
                }

                BitLanes<TOps, TVector>.Add(ref BitLanes<TOps, TVector>.Plane(ref scratch, p), max >> p, ref other, count);
            }

            max += count << p;
        }

        return max;
    }

    private ref int Count(int plane, ref byte scratch) =>
        ref Unsafe.As<byte, int>(ref Unsafe.Add(ref scratch, 2 * _accumulatorBytes + plane * ListBytes));

    private ref ushort List(int plane, ref byte scratch, out int count)
    {
        ref int place = ref Count(plane, ref scratch);
        count = place;
        return ref Unsafe.As<int, ushort>(ref Unsafe.Add(ref place, 1));
    }

    /// <summary>Columns at offsets in words.</summary>
    private readonly ref struct Columns(ref byte columns, ref ushort list) : IPlanes<TVector>
    {
        private readonly ref ulong _columns = ref Unsafe.As<byte, ulong>(ref columns);
        private readonly ref ushort _list = ref list;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector At(nint index) =>
            TOps.Load(ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref _columns, (nint)Unsafe.Add(ref _list, index))));
    }
}
