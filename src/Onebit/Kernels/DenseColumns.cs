using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// The outputs are the lanes: each input that is 1 adds its column of weights, and the comparison's result is the next
/// layer's input as it stands. What an image leaves dark costs nothing.
/// </summary>
internal sealed class DenseColumns<TWidth, TVector> : DenseKernel
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    private readonly int _vectors;
    private readonly int _differenceBits;
    private readonly int _slotBytes;
    private readonly byte[] _columns;
    private readonly byte[] _addends;

    public DenseColumns(Stage stage)
        : base(stage)
    {
        _vectors = (Outputs + BitLanes<TWidth, TVector>.Lanes - 1) / BitLanes<TWidth, TVector>.Lanes;
        _differenceBits = BitLanes<TWidth, TVector>.DifferenceBits(Largest);
        _slotBytes = BitLanes<TWidth, TVector>.SlotBytes(Largest);

        // A column an input; in it a bit an output.
        _columns = new byte[Inputs * _vectors * VectorBytes];
        for (int o = 0; o < Outputs; o++)
        {
            for (int i = 0; i < Inputs; i++)
            {
                _columns[i * _vectors * VectorBytes + o / 8] |= (byte)(((Rows[o * Words + i / 64] >> i) & 1) << (o & 7));
            }
        }

        // The thresholds, negated and bit-sliced. Lanes without an output never reach theirs.
        _addends = new byte[_differenceBits * _vectors * VectorBytes];
        for (int o = 0; Thresholds.Length > 0 && o < _vectors * BitLanes<TWidth, TVector>.Lanes; o++)
        {
            int addend = o < Outputs ? -Thresholds[o] : -Largest - 1;
            for (int bit = 0; bit < _differenceBits; bit++)
            {
                int at = (o / (8 * VectorBytes) * _differenceBits + bit) * VectorBytes + o % (8 * VectorBytes) / 8;
                _addends[at] |= (byte)(((addend >> bit) & 1) << (o & 7));
            }
        }
    }

    public override int ScratchBytes => 2 * _slotBytes + Planes * ListLength * sizeof(int);

    private int ListLength => Inputs + BitString.ListSpare;

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    protected override void Compare(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch)
    {
        Span<int> counts = stackalloc int[Planes];
        int total = Active(planes, counts, ref scratch);
        for (int vector = 0; vector < _vectors; vector++)
        {
            int largest = Positive(vector, counts, ref scratch);
            TVector result = BitLanes<TWidth, TVector>.NotNegative(
                ref scratch, BitLanes<TWidth, TVector>.Bits(largest),
                ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_addends), vector * _differenceBits * VectorBytes), _differenceBits, -total);
            TWidth.Store(result, ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref bits), vector * VectorBytes));
        }
    }

    public override void Integers(ReadOnlySpan<ulong> planes, Span<int> sums, ref byte scratch)
    {
        Span<int> counts = stackalloc int[Planes], positives = stackalloc int[BitLanes<TWidth, TVector>.Lanes];
        int total = Active(planes, counts, ref scratch);
        for (int vector = 0; vector < _vectors; vector++)
        {
            int largest = Positive(vector, counts, ref scratch);
            BitLanes<TWidth, TVector>.ToIntegers(ref scratch, largest, positives);
            int first = vector * positives.Length;
            for (int o = first; o < Math.Min(first + positives.Length, Outputs); o++)
            {
                sums[o] = Sum(o, positives[o - first], total);
            }
        }
    }

    /// <summary>Lists the columns of the inputs that are 1, plane by plane.</summary>
    /// <returns>The total.</returns>
    private int Active(ReadOnlySpan<ulong> planes, Span<int> counts, ref byte scratch)
    {
        int total = 0;
        for (int p = 0; p < counts.Length; p++)
        {
            ReadOnlySpan<ulong> plane = planes.Slice(p * BitString.Words(Inputs), Words);
            counts[p] = BitString.List(plane, _vectors * VectorBytes, ref Unsafe.Add(ref Offsets(ref scratch), p * ListLength));
            total += counts[p] << p;
        }

        return total;
    }

    /// <summary>Sums the listed columns of one vector of outputs into the first slot of scratch memory.</summary>
    /// <returns>The largest sum that a lane can have.</returns>
    private int Positive(int vector, ReadOnlySpan<int> counts, ref byte scratch)
    {
        ref byte columns = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_columns), vector * VectorBytes);
        ref byte other = ref Unsafe.Add(ref scratch, _slotBytes);
        ReadOnlySpan<int> offsets = MemoryMarshal.CreateReadOnlySpan(ref Offsets(ref scratch), counts.Length * ListLength);
        BitLanes<TWidth, TVector>.Sum(ref columns, offsets[..counts[0]], ref scratch);
        int largest = counts[0];
        for (int p = 1; p < counts.Length; p++)
        {
            // Planes below p stay as they are. There may be fewer of them than p.
            for (int bit = BitLanes<TWidth, TVector>.Bits(largest); bit < p; bit++)
            {
                TWidth.Store(TWidth.Fill(0), ref BitLanes<TWidth, TVector>.Plane(ref scratch, bit));
            }

            BitLanes<TWidth, TVector>.Sum(ref columns, offsets.Slice(p * ListLength, counts[p]), ref other);
            BitLanes<TWidth, TVector>.Add(ref BitLanes<TWidth, TVector>.Plane(ref scratch, p), largest >> p, ref other, counts[p]);
            largest += counts[p] << p;
        }

        return largest;
    }

    private ref int Offsets(ref byte scratch) => ref Unsafe.As<byte, int>(ref Unsafe.Add(ref scratch, 2 * _slotBytes));
}
