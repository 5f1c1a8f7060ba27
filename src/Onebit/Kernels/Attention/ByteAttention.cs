using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// Attention of codes of up to 8 bits. Lanes are queries. Two channels of a query are the two 16-bit halves of its lane, so one instruction
/// multiplies and adds both. So are two keys, when values are added.
/// </summary>
internal sealed class ByteAttention<TOps, TVector> : AttentionKernel
    where TOps : struct, IIntegerOps<TVector>
    where TVector : struct
{
    private const int Block = 32, // Queries that a key is read for once.
        TableEntries = 256;

    private readonly int _pairs;
    private readonly int _keyPairs;
    private readonly int _queryLanes;
    private readonly int _keyLanes;
    private readonly short _queryZero;
    private readonly short _keyZero;
    private readonly int _fractionBits;
    private readonly int _shift;
    private readonly int[] _multipliers;

    // Differences from which on the last entry of the table is taken.
    private readonly int[] _farthest;
    private readonly AlignedBytes _table = new(TableEntries);

    public ByteAttention(FusedAttention layer)
        : base(layer)
    {
        _pairs = (Depth + 1) / 2;
        _keyPairs = (Keys + 1) / 2;
        _queryLanes = (Queries + Block - 1) / Block * Block;
        _keyLanes = (Keys + TOps.Lanes - 1) / TOps.Lanes * TOps.Lanes;
        (_queryZero, _keyZero) = ((short)layer.Scores.QueryZero, (short)layer.Scores.KeyZero);
        _fractionBits = ((AttentionMean)layer.End).FractionBits;
        Softmax softmax = layer.Softmax;
        (_shift, _multipliers) = (softmax.Shift, softmax.Multipliers.ToArray());
        _farthest = [.. _multipliers.Select(m => (int)ByteAttention.Farthest(softmax, m))];
        for (int i = 0; i < TableEntries; i++)
        {
            _table[i] = softmax.Table.Span[Math.Min(i, softmax.Table.Length - 1)];
        }
    }

    public override int ScratchBytes =>
        sizeof(int) * (_pairs * (_queryLanes + _keyLanes) + (Keys + _keyPairs + 2) * _queryLanes + 2 * _keyLanes);

    public override void Run(ref byte query, ref byte key, ref byte value, ref int result, ref byte scratch)
    {
        ref int queries = ref Unsafe.As<byte, int>(ref scratch);
        ref int keys = ref Unsafe.Add(ref queries, _pairs * _queryLanes);
        ref int scores = ref Unsafe.Add(ref keys, _pairs * _keyLanes);
        ref int largest = ref Unsafe.Add(ref scores, Keys * _queryLanes);
        ref int weights = ref Unsafe.Add(ref largest, _queryLanes);
        ref int sums = ref Unsafe.Add(ref weights, _keyPairs * _queryLanes);
        ref int values = ref Unsafe.Add(ref sums, _queryLanes);
        for (int h = 0; h < Heads; h++)
        {
            ReadPairs(ref Unsafe.Add(ref query, h * Depth * Queries), Queries, _queryZero, ref queries, _queryLanes);
            ReadPairs(ref Unsafe.Add(ref key, h * Depth * Keys), Keys, _keyZero, ref keys, _keyLanes);
            Score(ref queries, ref keys, ref scores, ref largest);
            if (Avx512Vbmi.IsSupported)
            {
                WeighByPermutations(h, ref scores, ref largest, ref weights, ref sums);
            }
            else
            {
                for (int j = 0; j < Keys; j++)
                {
                    Exponentials(h, ref largest, ref Unsafe.Add(ref scores, j * _queryLanes));
                }

                Weigh(ref scores, ref weights, ref sums);
            }

            for (int channel = h * ValueDepth; channel < (h + 1) * ValueDepth; channel += 2)
            {
                // The last channel may be taken twice.
                int next = Math.Min(1, (h + 1) * ValueDepth - 1 - channel);
                ref byte first = ref Unsafe.Add(ref value, channel * Keys);
                ref int means = ref Unsafe.Add(ref result, channel * Queries);
                ReadValues(ref first, ref values);
                ReadValues(ref Unsafe.Add(ref first, next * Keys), ref Unsafe.Add(ref values, _keyLanes));
                Mean(ref values, ref weights, ref sums, ref means, ref Unsafe.Add(ref means, next * Queries));
            }
        }
    }

    /// <summary>Pairs of channels less the zero, a lane per token. Lanes behind the last token hold what comes next.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReadPairs(ref byte codes, int tokens, short zero, ref int pairs, int stride)
    {
        TVector zeros = TOps.Fill(zero);
        for (int p = 0; p < _pairs; p++)
        {
            ref byte one = ref Unsafe.Add(ref codes, 2 * p * tokens);
            ref int place = ref Unsafe.Add(ref pairs, p * stride);
            bool isWhole = 2 * p + 1 < Depth;
            for (int i = 0; i < stride; i += TOps.Lanes)
            {
                TVector low = TOps.Subtract(TOps.LoadBytes(ref Unsafe.Add(ref one, i)), zeros),
                    high = isWhole ? TOps.Subtract(TOps.LoadBytes(ref Unsafe.Add(ref one, tokens + i)), zeros) : TOps.Fill(0);
                TOps.Store(TOps.Pair(low, high), ref Unsafe.Add(ref place, i));
            }
        }
    }

    /// <summary>The score of each query with each key, and the largest of each query.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Score(ref int queries, ref int keys, ref int scores, ref int largest)
    {
        (int pairs, int queryLanes, int keyLanes, int count) = (_pairs, _queryLanes, _keyLanes, Keys);
        for (int first = 0; first < queryLanes; first += 2 * TOps.Lanes)
        {
            // Two vectors of queries and two keys at a time. The last key may be scored twice.
            TVector most = TOps.Fill(int.MinValue),
                other = most;
            for (int j = 0; j < count; j += 2)
            {
                int next = Math.Min(1, count - 1 - j);
                TVector a = TOps.Fill(0),
                    b = a,
                    c = a,
                    d = a;
                ref int pair = ref Unsafe.Add(ref queries, first),
                    key = ref Unsafe.Add(ref keys, j);
                for (int p = 0; p < pairs; p++, pair = ref Unsafe.Add(ref pair, queryLanes), key = ref Unsafe.Add(ref key, keyLanes))
                {
                    TVector x = TOps.Load(ref pair),
                        y = TOps.Load(ref Unsafe.Add(ref pair, TOps.Lanes)),
                        one = TOps.Fill(key),
                        two = TOps.Fill(Unsafe.Add(ref key, next));
                    a = TOps.MultiplyAddPairs(a, x, one);
                    b = TOps.MultiplyAddPairs(b, y, one);
                    c = TOps.MultiplyAddPairs(c, x, two);
                    d = TOps.MultiplyAddPairs(d, y, two);
                }

                (most, other) = (TOps.Max(most, TOps.Max(a, c)), TOps.Max(other, TOps.Max(b, d)));
                ref int place = ref Unsafe.Add(ref scores, j * queryLanes + first);
                TOps.Store(a, ref place);
                TOps.Store(b, ref Unsafe.Add(ref place, TOps.Lanes));
                place = ref Unsafe.Add(ref place, next * queryLanes);
                TOps.Store(c, ref place);
                TOps.Store(d, ref Unsafe.Add(ref place, TOps.Lanes));
            }

            TOps.Store(most, ref Unsafe.Add(ref largest, first));
            TOps.Store(other, ref Unsafe.Add(ref largest, first + TOps.Lanes));
        }
    }

    /// <summary>Replaces scores with one key by exponentials.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Exponentials(int head, ref int largest, ref int scores)
    {
        (int multiplier, int shift, int lanes) = (_multipliers[head], _shift, _queryLanes);
        TVector farthest = TOps.Fill(_farthest[head]),
            last = TOps.Fill(TableEntries - 1);
        ref byte table = ref _table.Start;
        for (int first = 0; first < lanes; first += TOps.Lanes)
        {
            ref int place = ref Unsafe.Add(ref scores, first);
            TVector difference = TOps.Min(TOps.Subtract(TOps.Load(ref Unsafe.Add(ref largest, first)), TOps.Load(ref place)), farthest);
            TOps.Store(TOps.Min(TOps.ShiftRight(TOps.Multiply(difference, multiplier), shift), last), ref place);
        }

        for (int i = 0; i < lanes; i++)
        {
            Unsafe.Add(ref scores, i) = Unsafe.Add(ref table, Unsafe.Add(ref scores, i));
        }
    }

    /// <summary>Exponentials as pairs of keys, and their sum for each query.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Weigh(ref int exponentials, ref int weights, ref int sums)
    {
        (int keyPairs, int lanes) = (_keyPairs, _queryLanes);
        for (int first = 0; first < lanes; first += TOps.Lanes)
        {
            TVector sum = TOps.Fill(0);
            ref int from = ref Unsafe.Add(ref exponentials, first),
                to = ref Unsafe.Add(ref weights, first);
            for (int p = 0; p < keyPairs; p++, from = ref Unsafe.Add(ref from, 2 * lanes), to = ref Unsafe.Add(ref to, lanes))
            {
                TVector one = TOps.Load(ref from),
                    other = 2 * p + 1 < Keys ? TOps.Load(ref Unsafe.Add(ref from, lanes)) : TOps.Fill(0);
                sum = TOps.Add(sum, TOps.Add(one, other));
                TOps.Store(TOps.Pair(one, other), ref to);
            }

            TOps.Store(sum, ref Unsafe.Add(ref sums, first));
        }
    }

    /// <summary>The exponentials as pairs of keys, and their sum for each query, where a vector can be an index into a table.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WeighByPermutations(int head, ref int scores, ref int largest, ref int weights, ref int sums)
    {
        (int multiplier, int shift, int keyPairs, int lanes) = (_multipliers[head], _shift, _keyPairs, _queryLanes);
        Vector512<int> farthest = Vector512.Create(_farthest[head]);
        ref byte table = ref _table.Start;
        Vector512<byte> first = Vector512.LoadUnsafe(ref table),
            second = Vector512.LoadUnsafe(ref table, 64),
            third = Vector512.LoadUnsafe(ref table, 128),
            fourth = Vector512.LoadUnsafe(ref table, 192);
        for (int lane = 0; lane < lanes; lane += Vector512<int>.Count)
        {
            Vector512<int> most = Vector512.LoadUnsafe(ref largest, (nuint)lane),
                sum = Vector512<int>.Zero;
            ref int from = ref Unsafe.Add(ref scores, lane),
                to = ref Unsafe.Add(ref weights, lane);
            for (int p = 0; p < keyPairs; p++, from = ref Unsafe.Add(ref from, 2 * lanes), to = ref Unsafe.Add(ref to, lanes))
            {
                Vector512<int> one = Lookup(Index(ref from, most, farthest, multiplier, shift), first, second, third, fourth),
                    other = 2 * p + 1 < Keys
                        ? Lookup(Index(ref Unsafe.Add(ref from, lanes), most, farthest, multiplier, shift), first, second, third, fourth)
                        : Vector512<int>.Zero;
                sum += one + other;
                (one | (other << 16)).StoreUnsafe(ref to);
            }

            sum.StoreUnsafe(ref sums, (nuint)lane);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<int> Index(ref int score, Vector512<int> most, Vector512<int> farthest, int multiplier, int shift)
        {
            Vector512<int> difference = Vector512.Min(most - Vector512.LoadUnsafe(ref score), farthest);
            return Vector512.Min((difference * multiplier) >> shift, Vector512.Create(TableEntries - 1));
        }

        // Each permutation looks up bytes in half of the table. Bytes of zeros look up what is masked out.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<int> Lookup(
            Vector512<int> index,
            Vector512<byte> first,
            Vector512<byte> second,
            Vector512<byte> third,
            Vector512<byte> fourth
        )
        {
            Vector512<byte> low = Avx512Vbmi.PermuteVar64x8x2(first, index.AsByte(), second),
                high = Avx512Vbmi.PermuteVar64x8x2(third, index.AsByte(), fourth);
            Vector512<int> isHigh = Vector512.GreaterThan(index, Vector512.Create(TableEntries / 2 - 1));
            return Vector512.ConditionalSelect(isHigh, high.AsInt32(), low.AsInt32()) & Vector512.Create(0xFF);
        }
    }

    /// <summary>Values of one channel as pairs of keys: two 16-bit integers are a pair. A last key's other half has the weight 0.</summary>
    private void ReadValues(ref byte value, ref int values)
    {
        for (int j = 0; j < Keys; j += 8)
        {
            Vector128<byte> some = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref value, j))).AsByte();
            Vector128.WidenLower(some).AsInt32().StoreUnsafe(ref values, (nuint)(j / 2));
        }
    }

    /// <summary>The means of two channels for all queries.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Mean(ref int values, ref int weights, ref int sums, ref int result, ref int next)
    {
        (int lanes, int keyPairs, int keyLanes, int queries) = (_queryLanes, _keyPairs, _keyLanes, Queries);
        for (int first = (queries - 1) / (2 * TOps.Lanes) * 2 * TOps.Lanes; first >= 0; first -= 2 * TOps.Lanes)
        {
            TVector a = TOps.Fill(0),
                b = a,
                c = a,
                d = a;
            ref int weight = ref Unsafe.Add(ref weights, first),
                value = ref values;
            for (int p = 0; p < keyPairs; p++, weight = ref Unsafe.Add(ref weight, lanes), value = ref Unsafe.Add(ref value, 1))
            {
                TVector x = TOps.Load(ref weight),
                    y = TOps.Load(ref Unsafe.Add(ref weight, TOps.Lanes)),
                    one = TOps.Fill(value),
                    two = TOps.Fill(Unsafe.Add(ref value, keyLanes));
                a = TOps.MultiplyAddPairs(a, x, one);
                b = TOps.MultiplyAddPairs(b, y, one);
                c = TOps.MultiplyAddPairs(c, x, two);
                d = TOps.MultiplyAddPairs(d, y, two);
            }

            // From the last query to the first: what a vector writes beyond its channel is overwritten later.
            if (first + TOps.Lanes < queries)
            {
                Divide(b, d, ref sums, first + TOps.Lanes, ref result, ref next);
            }

            Divide(a, c, ref sums, first, ref result, ref next);
        }
    }

    /// <summary>Totals of two channels divided by sums, rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Divide(TVector one, TVector two, ref int sums, int first, ref int result, ref int next)
    {
        // The sum is above 0: the first entry of the table is.
        int shift = _fractionBits + 1;
        TVector half = TOps.Load(ref Unsafe.Add(ref sums, first)),
            divisor = TOps.Add(half, half);
        TVector mean = TOps.DivideDown(TOps.Add(TOps.ShiftLeft(one, shift), half), divisor),
            other = TOps.DivideDown(TOps.Add(TOps.ShiftLeft(two, shift), half), divisor);
        TOps.Store(mean, ref Unsafe.Add(ref result, first));
        TOps.Store(other, ref Unsafe.Add(ref next, first));
    }
}

/// <summary>What <see cref="ByteAttention{TOps, TVector}"/> can run.</summary>
internal static class ByteAttention
{
    private const int MaxKeys = 1 << 10;

    /// <summary>Whether the kernel fits the layer: its sums and products fit into 32 bits.</summary>
    public static bool Fits(FusedAttention layer) =>
        layer is { Query: { Kind: ElementKind.Codes, Bits: > 1 }, Key: { Kind: ElementKind.Codes, Bits: > 1 }, End: AttentionMean mean }
        && layer is { Value: { Kind: ElementKind.Codes, Bits: > 1 }, Key.Area: <= MaxKeys, Query.Area: <= MaxKeys }
        && layer.Softmax.Thresholds.Length == 0
        && 2L * byte.MaxValue * byte.MaxValue * (layer.Query.Channels / layer.Scores.Heads) <= int.MaxValue
        && (2L * layer.Key.Area * byte.MaxValue * (byte.MaxValue + 1) << mean.FractionBits) < int.MaxValue
        && layer.Softmax.Shift < 31
        && layer.Softmax.Multipliers.ToArray().All(m => Farthest(layer.Softmax, m) * m <= int.MaxValue);

    /// <summary>The smallest difference that is looked up in the last entry of the table, within 32 bits.</summary>
    public static long Farthest(Softmax softmax, int multiplier) =>
        multiplier == 0 ? 0 : Math.Min(int.MaxValue, (((softmax.Table.Length - 1L) << softmax.Shift) + multiplier - 1) / multiplier);
}
