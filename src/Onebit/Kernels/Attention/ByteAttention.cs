using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// Attention of codes of up to 8 bits. Two channels of a key are the two 16-bit halves of its lane, so one instruction multiplies and adds
/// both. The mean is a division of doubles: numerators below 2^31 and divisors below 2^26 leave its whole part exact.
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
    private readonly int[] _table;

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
        _table = [.. softmax.Table.ToArray().Select(e => (int)e)];
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

    public override int ScratchBytes => sizeof(int) * (_pairs * _keyLanes + Keys * _valueLanes + _keyLanes);

    public override void Run(ref byte query, ref byte key, ref byte value, Span<int> result, ref byte scratch)
    {
        Span<int> keys = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref scratch), _pairs * _keyLanes);
        ref byte place = ref Unsafe.Add(ref scratch, keys.Length * sizeof(int));
        Span<int> values = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), Keys * _valueLanes);
        Span<int> weights = MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, int>(ref Unsafe.Add(ref place, values.Length * sizeof(int))),
            _keyLanes
        );
        for (int h = 0; h < Heads; h++)
        {
            ReadKeys(ref Unsafe.Add(ref key, h * Depth * Keys), keys);
            ReadValues(ref Unsafe.Add(ref value, h * ValueDepth * Keys), values);
            ref byte own = ref Unsafe.Add(ref query, h * Depth * Queries);
            for (int i = 0; i < Queries; i++)
            {
                int largest = Scores(ref Unsafe.Add(ref own, i), keys, weights);
                int sum = Exponentials(h, largest, weights);
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

    /// <summary>The channels of each token side by side.</summary>
    private void ReadValues(ref byte value, Span<int> values)
    {
        values.Clear();
        for (int c = 0; c < ValueDepth; c++)
        {
            for (int j = 0; j < Keys; j++)
            {
                values[j * _valueLanes + c] = Unsafe.Add(ref value, c * Keys + j);
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

    /// <summary>Scores become exponentials.</summary>
    /// <returns>Their sum over the keys.</returns>
    private int Exponentials(int head, int largest, Span<int> scores)
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
            scores[j] = _table[scores[j]];
            sum += scores[j];
        }

        return sum;
    }

    private void Mean(ReadOnlySpan<int> weights, int sum, ReadOnlySpan<int> values, Span<int> result)
    {
        ref int first = ref MemoryMarshal.GetReference(values);
        for (int c = 0; c < _valueLanes; c += Lanes)
        {
            Vector256<int> total = Vector256<int>.Zero;
            for (int j = 0; j < Keys; j++)
            {
                total += Vector256.LoadUnsafe(ref first, (nuint)(j * _valueLanes + c)) * weights[j];
            }

            Vector256<int> numerator = (total << (_fractionBits + 1)) + Vector256.Create(sum);
            for (int lane = 0; lane < Math.Min(Lanes, ValueDepth - c); lane++)
            {
                // The sum is above 0: the first entry of the table is.
                result[(c + lane) * Queries] = (int)((double)numerator[lane] / (2 * sum));
            }
        }
    }

    /// <summary>Products of 16-bit halves, both added in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyAddPairs(Vector256<int> a, Vector256<int> b) =>
        Avx2.IsSupported ? Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16()) : (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
}
