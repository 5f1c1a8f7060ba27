using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// The outputs are the lanes, one byte each, which holds the weights of eight inputs. Each byte of the input is ANDed with a vector of such
/// bytes. These planes are summed bit by bit, and the ones of each byte are counted at the end. Every image takes the same time. It is
/// short where there are few outputs.
/// </summary>
internal sealed class DenseBytes<TOps, TVector> : DenseKernel
    where TOps : struct, IVectorOps<TVector>
    where TVector : struct
{
    // Planes whose counts fit into a byte: 8 inputs x (1 + 2 + 4 + 8 + 16).
    private const int LowPlanes = 5;

    private readonly int _vectors;
    private readonly int _groups;
    private readonly int _accumulatorBytes;
    private readonly AlignedBytes _weights;

    public DenseBytes(FusedLinear layer)
        : base(layer)
    {
        _vectors = (Outputs + VectorBytes - 1) / VectorBytes;
        _groups = (Inputs + 7) / 8;
        _accumulatorBytes = BitLanes<TOps, TVector>.AccumulatorBytes(_groups);
        _weights = new AlignedBytes(_vectors * _groups * VectorBytes);
        for (int o = 0; o < Outputs; o++)
        {
            ReadOnlySpan<byte> row = MemoryMarshal.AsBytes(Rows.AsSpan(o * Words, Words));
            int at = o / VectorBytes * _groups * VectorBytes + o % VectorBytes;
            for (int group = 0; group < _groups; group++, at += VectorBytes)
            {
                _weights[at] = row[group];
            }
        }
    }

    protected override int OwnScratchBytes => _accumulatorBytes;

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override int Positives(ReadOnlySpan<ulong> planes, Span<int> positives, ref byte scratch)
    {
        int total = 0;
        for (int p = 0; p < Planes; p++)
        {
            ReadOnlySpan<ulong> plane = planes.Slice(p * BitString.Words(Inputs), Words);
            total += BitString.Count(plane) << p;
            ref byte inputs = ref Unsafe.As<ulong, byte>(ref MemoryMarshal.GetReference(plane));
            for (int vector = 0; vector < _vectors; vector++)
            {
                ref byte weights = ref Unsafe.Add(ref _weights.Start, vector * _groups * VectorBytes);
                BitLanes<TOps, TVector>.Sum(new Products(ref inputs, ref weights), _groups, ref scratch);
                CountBytes(ref scratch, p, p > 0, positives.Slice(vector * VectorBytes, VectorBytes));
            }
        }

        return total;
    }

    /// <summary>Sums an accumulator over the eight bits of each byte, times 2^<paramref name="shift"/>.</summary>
    private void CountBytes(ref byte accumulator, int shift, bool add, Span<int> positives)
    {
        int bits = BitLanes<TOps, TVector>.Bits(_groups);
        for (int first = 0; first < bits; first += LowPlanes)
        {
            TVector count = TOps.Fill(0);
            for (int bit = Math.Min(first + LowPlanes, bits) - 1; bit >= first; bit--)
            {
                count = TOps.Add8(
                    TOps.Add8(count, count),
                    TOps.PopCount8(TOps.Load(ref BitLanes<TOps, TVector>.Plane(ref accumulator, bit)))
                );
            }

            TOps.Store(count, ref accumulator);
            Conversions.WidenShift(
                MemoryMarshal.CreateReadOnlySpan(ref accumulator, VectorBytes),
                first + shift,
                add || first > 0,
                positives
            );
        }
    }

    /// <summary>Eight inputs and their weights.</summary>
    private readonly ref struct Products(ref byte inputs, ref byte weights) : IPlanes<TVector>
    {
        private readonly ref byte _inputs = ref inputs;
        private readonly ref byte _weights = ref weights;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector At(nint index) =>
            TOps.And(TOps.FillByte(Unsafe.Add(ref _inputs, index)), TOps.Load(ref Unsafe.Add(ref _weights, index * VectorBytes)));
    }
}
