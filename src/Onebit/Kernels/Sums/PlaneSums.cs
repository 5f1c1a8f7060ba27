using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// The sums of a <see cref="Linear"/> operation over planes. Each input under the kernel is one plane. <c>w . x = 2 (sum of the x where w =
/// +1) - (sum of all x)</c>. So an output needs about half of the planes, and all outputs share the sum of all. Outputs are taken k at a
/// time. The k weights of a plane put it into one of 2^k sets. Each set is summed once, and the k outputs are sums of sets. With k = 4 an
/// output takes less than a quarter of the planes, and a few additions of sums. This is the "method of four Russians", with a table of
/// outputs instead of inputs.
/// </summary>
internal sealed class PlaneSums
{
    private const int MaxTuple = 4;

    // Measured costs of a set and of the addition of two sums, as numbers of planes summed in the same time.
    private const double SetCost = 8,
        IntegerSetCost = 8,
        MergeCost = 11,
        IntegerMergeCost = 4;

    private readonly int _planes;
    private readonly int _outputs;
    private readonly bool _signs;
    private readonly int _tuple;
    private readonly int[][] _all;
    private readonly int[][] _offsets;
    private readonly int[][] _starts;
    private readonly int[] _weightSums;
    private readonly int[] _thresholds;

    /// <param name="layer">The layer. Its planes are bits where its input has one bit, integers otherwise.</param>
    /// <param name="offset">Byte offset of the plane of input channel, kernel row and kernel column.</param>
    public PlaneSums(FusedLinear layer, Func<int, int, int, int> offset)
    {
        (Linear linear, ValueInfo input) = (layer.Linear, layer.Source);
        int channels = input.Channels / linear.Groups,
            area = linear.KernelHeight * linear.KernelWidth;
        _planes = channels * area;
        _outputs = linear.Outputs / linear.Groups;
        _signs = input.Kind == ElementKind.Signs;
        _tuple = BestTuple(_planes, _outputs, input.Bits == 1);
        _all = new int[linear.Groups][];
        _weightSums = new int[linear.Outputs];
        int tuples = (_outputs + _tuple - 1) / _tuple;
        _offsets = new int[linear.Groups * tuples][];
        _starts = new int[linear.Groups * tuples][];
        for (int group = 0; group < linear.Groups; group++)
        {
            int[] all = _all[group] = new int[_planes];
            for (int i = 0; i < _planes; i++)
            {
                all[i] = offset(group * channels + i / area, i % area / linear.KernelWidth, i % linear.KernelWidth);
            }

            for (int tuple = 0; tuple < tuples; tuple++)
            {
                int first = group * _outputs + tuple * _tuple,
                    count = Math.Min(_tuple, _outputs - tuple * _tuple);
                (_offsets[group * tuples + tuple], _starts[group * tuples + tuple]) = Partition(linear, first, count, all);
            }
        }

        _thresholds = LayerSums.Thresholds(layer, _weightSums);
    }

    /// <summary>Bytes of scratch memory.</summary>
    public int ScratchBytes<TLanes>()
        where TLanes : struct, ILanes => (TotalAccumulator + 1) * TLanes.AccumulatorBytes(_planes);

    /// <summary>One bit per lane and output of a group: whether the sum reaches the threshold of the output.</summary>
    /// <param name="planes">The place of offset 0.</param>
    /// <param name="group">The group.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    /// <param name="bits">Receives the bits of output 0 of the operation.</param>
    /// <param name="stride">Bytes from one output's bits to the next one's.</param>
    /// <param name="accumulate">Whether to OR the bits into those that are there: max-pooling.</param>
    public void Compare<TLanes>(ref byte planes, int group, ref byte scratch, ref byte bits, int stride, bool accumulate)
        where TLanes : struct, ILanes
    {
        int accumulatorBytes = TLanes.AccumulatorBytes(_planes),
            tuples = _offsets.Length / _all.Length;
        ref byte total = ref Unsafe.Add(ref scratch, TotalAccumulator * accumulatorBytes);
        TLanes.Sum(ref planes, _all[group], ref total);
        TLanes.PrepareTotal(ref total, _planes);
        Span<int> counts = stackalloc int[1 << MaxTuple];
        int output = group * _outputs,
            end = output + _outputs;
        for (int tuple = group * tuples; output < end; tuple++)
        {
            int count = SumTuple<TLanes>(ref planes, tuple, ref scratch, accumulatorBytes, counts);
            for (int j = 0; j < count; j++, output++)
            {
                TLanes.AtLeast(
                    ref Unsafe.Add(ref scratch, accumulatorBytes << j),
                    counts[1 << j],
                    ref total,
                    _planes,
                    _thresholds[output],
                    ref Unsafe.Add(ref bits, (nint)output * stride),
                    accumulate
                );
            }
        }
    }

    /// <summary>The sums of the outputs of a group, in all lanes.</summary>
    /// <param name="planes">The place of offset 0.</param>
    /// <param name="group">The group.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    /// <param name="sums">Receives the sums. Those of output 0 of the operation come first.</param>
    /// <param name="stride">Elements from one output's sums to the next one's.</param>
    /// <param name="accumulate">Whether to keep the larger of the sum and what is there: max-pooling.</param>
    public void Integers<TLanes>(ref byte planes, int group, ref byte scratch, Span<int> sums, int stride, bool accumulate)
        where TLanes : struct, ILanes
    {
        int accumulatorBytes = TLanes.AccumulatorBytes(_planes),
            tuples = _offsets.Length / _all.Length;
        Span<int> totals = stackalloc int[TLanes.Lanes],
            positives = stackalloc int[TLanes.Lanes];
        TLanes.Sum(ref planes, _all[group], ref scratch);
        TLanes.ToIntegers(ref scratch, _planes, totals);
        Span<int> counts = stackalloc int[1 << MaxTuple];
        int output = group * _outputs,
            end = output + _outputs;
        for (int tuple = group * tuples; output < end; tuple++)
        {
            int count = SumTuple<TLanes>(ref planes, tuple, ref scratch, accumulatorBytes, counts);
            for (int j = 0; j < count; j++, output++)
            {
                TLanes.ToIntegers(ref Unsafe.Add(ref scratch, accumulatorBytes << j), counts[1 << j], positives);
                Span<int> destination = sums.Slice(output * stride, Math.Min(TLanes.Lanes, sums.Length - output * stride));
                WriteSums(positives, totals, _signs ? 1 : 0, _signs ? _weightSums[output] : 0, destination, accumulate);
            }
        }
    }

    /// <summary><c>((2 positive - total) &lt;&lt; shift) - offset</c> for each lane.</summary>
    private static void WriteSums(
        ReadOnlySpan<int> positives,
        ReadOnlySpan<int> totals,
        int shift,
        int offset,
        Span<int> sums,
        bool accumulate
    )
    {
        ref int positive = ref MemoryMarshal.GetReference(positives),
            total = ref MemoryMarshal.GetReference(totals),
            sum = ref MemoryMarshal.GetReference(sums);
        int lane = 0;
        for (; lane + Vector256<int>.Count <= sums.Length; lane += Vector256<int>.Count)
        {
            Vector256<int> twice = Vector256.LoadUnsafe(ref positive, (nuint)lane) << 1;
            Vector256<int> some = ((twice - Vector256.LoadUnsafe(ref total, (nuint)lane)) << shift) - Vector256.Create(offset);
            (accumulate ? Vector256.Max(some, Vector256.LoadUnsafe(ref sum, (nuint)lane)) : some).StoreUnsafe(ref sum, (nuint)lane);
        }

        for (; lane < sums.Length; lane++)
        {
            int one = ((2 * positives[lane] - totals[lane]) << shift) - offset;
            sums[lane] = accumulate ? Math.Max(sums[lane], one) : one;
        }
    }

    private int TotalAccumulator => 1 << _tuple;

    /// <summary>Leaves the sum of output j of the tuple in accumulator 2^j.</summary>
    /// <returns>The number of outputs of the tuple.</returns>
    private int SumTuple<TLanes>(ref byte planes, int tuple, ref byte scratch, int accumulatorBytes, Span<int> counts)
        where TLanes : struct, ILanes
    {
        int[] offsets = _offsets[tuple],
            starts = _starts[tuple];
        int sets = starts.Length - 1; // Without set 0, the planes that no output takes.
        ref int offset = ref MemoryMarshal.GetArrayDataReference(offsets);
        ref byte accumulator = ref scratch;
        for (int set = 1; set <= sets; set++)
        {
            int count = starts[set] - starts[set - 1];
            accumulator = ref Unsafe.Add(ref accumulator, accumulatorBytes);
            TLanes.Sum(ref planes, MemoryMarshal.CreateReadOnlySpan(ref offset, count), ref accumulator);
            offset = ref Unsafe.Add(ref offset, count);
            counts[set] = count;
        }

        int outputs = 0;
        for (int high = (sets + 1) / 2; high != 0; high /= 2, outputs++)
        {
            // Sets from 2 high on are done. Those above `high` belong to its output and to the outputs of their other bits.
            ref byte sum = ref Unsafe.Add(ref scratch, high * accumulatorBytes);
            for (int set = high + 1; set < 2 * high; set++)
            {
                Merge(
                    ref Unsafe.Add(ref scratch, (set - high) * accumulatorBytes),
                    set - high,
                    ref Unsafe.Add(ref scratch, set * accumulatorBytes),
                    set,
                    counts
                );
                Merge(ref sum, high, ref Unsafe.Add(ref scratch, set * accumulatorBytes), set, counts);
            }
        }

        return outputs;

        static void Merge(ref byte accumulator, int index, ref byte other, int otherIndex, Span<int> counts)
        {
            TLanes.Add(ref accumulator, counts[index], ref other, counts[otherIndex]);
            counts[index] += counts[otherIndex];
        }
    }

    /// <summary>Sorts the planes by the weights that <paramref name="count"/> outputs have for them.</summary>
    private (int[] Offsets, int[] Starts) Partition(Linear linear, int first, int count, int[] all)
    {
        var sets = new List<int>[1 << count];
        for (int set = 0; set < sets.Length; set++)
        {
            sets[set] = [];
        }

        ReadOnlySpan<byte> weights = linear.Weights.Span;
        for (int i = 0; i < all.Length; i++)
        {
            int set = 0;
            for (int j = 0; j < count; j++)
            {
                int weight = (int)PackedBits.Read(weights, (long)(first + j) * _planes + i, 1);
                _weightSums[first + j] += 2 * weight - 1;
                set |= weight << j;
            }

            sets[set].Add(all[i]);
        }

        var starts = new int[sets.Length];
        for (int set = 1; set < sets.Length; set++)
        {
            starts[set] = starts[set - 1] + sets[set].Count;
        }

        return ([.. sets.Skip(1).SelectMany(s => s)], starts);
    }

    /// <summary>How many outputs to take at a time: the number for which each costs the fewest additions.</summary>
    private static int BestTuple(int planes, int outputs, bool bits)
    {
        int best = 1;
        double minCost = double.MaxValue;
        for (int k = 1; k <= Math.Min(MaxTuple, outputs); k++)
        {
            int sets = (1 << k) - 1;
            double cost =
                (
                    (double)planes * sets / (sets + 1)
                    + sets * (bits ? SetCost : IntegerSetCost)
                    + 2 * (sets - k) * (bits ? MergeCost : IntegerMergeCost)
                ) / k;
            (best, minCost) = cost < minCost ? (k, cost) : (best, minCost);
        }

        return best;
    }
}
