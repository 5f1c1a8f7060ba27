using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// Attention of codes of up to 8 bits. Two channels of a key are the two 16-bit halves of its lane, so one instruction multiplies and adds
/// both. So are two keys of a channel, when values are added. The mean is a product with the reciprocal in float32. It is below 2^17, so it
/// is off by one at most, and the remainder tells.
/// </summary>
internal sealed class ByteAttention : AttentionKernel
{
    private const int Lanes = 8;

    private readonly int _pairs;
    private readonly int _keyLanes;
    private readonly int _valueLanes;
    private readonly short _queryZero;
    private readonly short _keyZero;
    private readonly int _fractionBits;
    private readonly int _shift;
    private readonly int[] _multipliers;

    // Differences from which on the last entry of the table is taken.
    private readonly int[] _farthest;
    private readonly short[] _table;

    private ByteAttention(FusedAttention layer)
        : base(layer)
    {
        _pairs = (Depth + 1) / 2;
        _keyLanes = (Keys + Lanes - 1) / Lanes * Lanes;
        _valueLanes = (ValueDepth + Lanes - 1) / Lanes * Lanes;
        (_queryZero, _keyZero) = ((short)layer.Scores.QueryZero, (short)layer.Scores.KeyZero);
        _fractionBits = ((AttentionMean)layer.End).FractionBits;
        Softmax softmax = layer.Softmax;
        (_shift, _multipliers) = (softmax.Shift, softmax.Multipliers.ToArray());
        _table = [.. softmax.Table.ToArray().Select(e => (short)e)];
        _farthest = [.. _multipliers.Select(m => (int)Farthest(softmax, m))];
    }

    /// <summary>The kernel; null where it does not fit the layer.</summary>
    public static ByteAttention? TryCreate(FusedAttention layer)
    {
        const int MaxKeys = 1 << 10;
        return
            layer is { Query: { Kind: ElementKind.Codes, Bits: > 1 }, Key: { Kind: ElementKind.Codes, Bits: > 1 }, End: AttentionMean mean }
            && layer is { Value: { Kind: ElementKind.Codes, Bits: > 1 }, Key.Area: <= MaxKeys, Query.Area: <= MaxKeys }
            && layer.Softmax.Thresholds.Length == 0
            && (2L * layer.Key.Area * byte.MaxValue * (byte.MaxValue + 1) << mean.FractionBits) < int.MaxValue
            && layer.Softmax.Shift < 31
            && layer.Softmax.Multipliers.ToArray().All(m => Farthest(layer.Softmax, m) * m <= int.MaxValue)
            ? new ByteAttention(layer)
            : null;
    }

    /// <summary>The smallest difference that is looked up in the last entry of the table, within 32 bits.</summary>
    private static long Farthest(Softmax softmax, int multiplier) =>
        multiplier == 0 ? 0 : Math.Min(int.MaxValue, (((softmax.Table.Length - 1L) << softmax.Shift) + multiplier - 1) / multiplier);

    public override int ScratchBytes => sizeof(int) * (_pairs * _keyLanes + KeyPairs * _valueLanes + 2 * _keyLanes);

    private int KeyPairs => (Keys + 1) / 2;

    public override void Run(ref byte query, ref byte key, ref byte value, Span<int> result, ref byte scratch)
    {
        Span<int> keys = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref scratch), _pairs * _keyLanes);
        ref byte place = ref Unsafe.Add(ref scratch, keys.Length * sizeof(int));
        Span<int> values = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), KeyPairs * _valueLanes);
        place = ref Unsafe.Add(ref place, values.Length * sizeof(int));
        Span<int> scores = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), _keyLanes);
        place = ref Unsafe.Add(ref place, scores.Length * sizeof(int));
        // One more than keys, so that the last pair is whole.
        Span<short> weights = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, short>(ref place), 2 * _keyLanes);
        for (int h = 0; h < Heads; h++)
        {
            ReadKeys(ref Unsafe.Add(ref key, h * Depth * Keys), keys);
            ReadValues(ref Unsafe.Add(ref value, h * ValueDepth * Keys), values);
            ref byte own = ref Unsafe.Add(ref query, h * Depth * Queries);
            for (int i = 0; i < Queries; i++)
            {
                int largest = Scores(ref Unsafe.Add(ref own, i), keys, scores);
                int sum = Exponentials(h, largest, scores, weights);
                Mean(weights, sum, values, result[(h * ValueDepth * Queries + i)..]);
            }
        }
    }

    /// <summary>Pairs of channels, one lane per key. Lanes without a key hold what the first key has.</summary>
    private void ReadKeys(ref byte key, Span<int> keys)
    {
        for (int p = 0; p < _pairs; p++)
        {
            for (int j = 0; j < _keyLanes; j++)
            {
                int at = 2 * p * Keys + (j < Keys ? j : 0);
                int low = Unsafe.Add(ref key, at) - _keyZero,
                    high = 2 * p + 1 < Depth ? Unsafe.Add(ref key, at + Keys) - _keyZero : 0;
                keys[p * _keyLanes + j] = (ushort)low | high << 16;
            }
        }
    }

    /// <summary>Pairs of keys, one lane per channel.</summary>
    private void ReadValues(ref byte value, Span<int> values)
    {
        values.Clear();
        for (int c = 0; c < ValueDepth; c++)
        {
            ref byte own = ref Unsafe.Add(ref value, c * Keys);
            for (int p = 0; p < KeyPairs; p++)
            {
                int high = 2 * p + 1 < Keys ? Unsafe.Add(ref own, 2 * p + 1) : 0;
                values[p * _valueLanes + c] = Unsafe.Add(ref own, 2 * p) | high << 16;
            }
        }
    }

    /// <summary>The scores of one query.</summary>
    /// <returns>The largest.</returns>
    private int Scores(ref byte query, ReadOnlySpan<int> keys, Span<int> scores)
    {
        Vector256<int> largest = Vector256.Create(int.MinValue);
        Span<int> pairs = stackalloc int[_pairs];
        for (int p = 0; p < _pairs; p++)
        {
            int low = Unsafe.Add(ref query, 2 * p * Queries) - _queryZero,
                high = 2 * p + 1 < Depth ? Unsafe.Add(ref query, (2 * p + 1) * Queries) - _queryZero : 0;
            pairs[p] = (ushort)low | high << 16;
        }

        ref int first = ref MemoryMarshal.GetReference(keys);
        for (int j = 0; j < _keyLanes; j += Lanes)
        {
            Vector256<int> sum = Vector256<int>.Zero;
            for (int p = 0; p < pairs.Length; p++)
            {
                sum += MultiplyAddPairs(Vector256.LoadUnsafe(ref first, (nuint)(p * _keyLanes + j)), Vector256.Create(pairs[p]));
            }

            sum.CopyTo(scores[j..]);
            largest = Vector256.Max(largest, sum);
        }

        int result = largest[0];
        for (int lane = 1; lane < Lanes; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        return result;
    }

    /// <summary>The exponentials of scores.</summary>
    /// <returns>Their sum over the keys.</returns>
    private int Exponentials(int head, int largest, Span<int> scores, Span<short> weights)
    {
        int multiplier = _multipliers[head],
            last = _table.Length - 1,
            sum = 0;
        Vector256<int> top = Vector256.Create(largest),
            farthest = Vector256.Create(_farthest[head]);
        for (int j = 0; j < scores.Length; j += Lanes)
        {
            Vector256<int> difference = Vector256.Min(top - Vector256.Create(scores[j..]), farthest);
            Vector256.Min((difference * multiplier) >> _shift, Vector256.Create(last)).CopyTo(scores[j..]);
        }

        for (int j = 0; j < Keys; j++)
        {
            short weight = _table[scores[j]];
            weights[j] = weight;
            sum += weight;
        }

        weights[Keys] = 0;

        return sum;
    }

    private void Mean(ReadOnlySpan<short> weights, int sum, ReadOnlySpan<int> values, Span<int> result)
    {
        ref int first = ref MemoryMarshal.GetReference(values);
        ref int pairs = ref Unsafe.As<short, int>(ref MemoryMarshal.GetReference(weights));
        // The sum is above 0: the first entry of the table is.
        Vector256<int> divisor = Vector256.Create(2 * sum);
        Vector256<float> reciprocal = Vector256.Create(0.5f / sum);
        for (int c = 0; c < _valueLanes; c += Lanes)
        {
            Vector256<int> total = Vector256<int>.Zero;
            for (int p = 0; p < KeyPairs; p++)
            {
                var weight = Vector256.Create(Unsafe.Add(ref pairs, p));
                total += MultiplyAddPairs(Vector256.LoadUnsafe(ref first, (nuint)(p * _valueLanes + c)), weight);
            }

            Vector256<int> numerator = (total << (_fractionBits + 1)) + Vector256.Create(sum),
                mean = Vector256.ConvertToInt32(Vector256.ConvertToSingle(numerator) * reciprocal),
                rest = numerator - mean * divisor;
            // A comparison gives -1.
            mean += Vector256.LessThan(rest, Vector256<int>.Zero) - Vector256.GreaterThanOrEqual(rest, divisor);
            for (int lane = 0; lane < Math.Min(Lanes, ValueDepth - c); lane++)
            {
                result[(c + lane) * Queries] = mean[lane];
            }
        }
    }

    /// <summary>Products of 16-bit halves, both added in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyAddPairs(Vector256<int> a, Vector256<int> b) =>
        Avx2.IsSupported ? Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16()) : (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
}
