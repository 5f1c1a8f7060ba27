using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// Attention of one bit, up to 64 keys: a score is the number of channels less twice the number of those that differ. The channels of a key
/// are bytes, one lane per key, so XOR and a bit count give all scores of a query. Few differences mean few exponentials: two tables of 16.
/// </summary>
internal sealed class BitAttention : AttentionKernel
{
    private const int Lanes = 64,
        TableEntries = 16,
        MaxDepth = 2 * TableEntries - 1;

    private readonly int _bytes;
    private readonly bool _valuesAreSigns;
    private readonly int[] _thresholds;
    private readonly int _thresholdShift;

    // For each head the exponentials of 0 to 15 and of 16 to 31 channels more that differ, each table twice, for both halves of a vector.
    private readonly byte[] _exponentials;

    private BitAttention(FusedAttention layer)
        : base(layer)
    {
        _bytes = (Depth + 7) / 8;
        _valuesAreSigns = layer.Value.Kind == ElementKind.Signs;
        (_thresholds, _thresholdShift) = (layer.Softmax.Thresholds.ToArray(), layer.Softmax.ThresholdShift);
        _exponentials = new byte[Heads * 4 * TableEntries];
        for (int i = 0; i < _exponentials.Length; i++)
        {
            int head = i / (4 * TableEntries),
                differing = i % TableEntries + (i % (4 * TableEntries) >= 2 * TableEntries ? TableEntries : 0);
            long entry = 2L * differing * layer.Softmax.Multipliers.Span[head] >> layer.Softmax.Shift;
            _exponentials[i] = layer.Softmax.Table.Span[(int)Math.Min(layer.Softmax.Table.Length - 1, entry)];
        }
    }

    /// <summary>The kernel; null where it does not fit the layer.</summary>
    public static BitAttention? TryCreate(FusedAttention layer) =>
        layer is { Query.Kind: ElementKind.Signs, Key.Kind: ElementKind.Signs, Value.Bits: 1, End: AttentionSum, Key.Area: <= Lanes }
        && layer.Softmax.Thresholds.Length > 0
        && layer.Query.Channels / layer.Scores.Heads <= MaxDepth
            ? new BitAttention(layer)
            : null;

    public override int ScratchBytes => _bytes * (Lanes + Align(Queries));

    public override void Run(ref byte query, ref byte key, ref byte value, Span<int> result, ref byte scratch)
    {
        ref byte queries = ref Unsafe.Add(ref scratch, _bytes * Lanes);
        int stride = Align(Queries);
        ulong valid = Keys == Lanes ? ulong.MaxValue : (1UL << Keys) - 1;
        Span<ulong> values = stackalloc ulong[Lanes];
        for (int h = 0; h < Heads; h++)
        {
            ToTokens(ref Unsafe.As<byte, ulong>(ref key), h, Keys, ref scratch, Lanes);
            ToTokens(ref Unsafe.As<byte, ulong>(ref query), h, Queries, ref queries, stride);
            for (int first = 0; first < ValueDepth; first += Lanes)
            {
                int channels = Math.Min(Lanes, ValueDepth - first),
                    channel = h * ValueDepth + first;
                for (int c = 0; c < channels; c++)
                {
                    values[c] = BitString.Read(ref Unsafe.As<byte, ulong>(ref value), (channel + c) * Keys);
                }

                for (int i = 0; i < Queries; i++)
                {
                    ulong chosen = Choose(h, ref scratch, ref Unsafe.Add(ref queries, i), stride, valid);
                    int count = _valuesAreSigns ? BitOperations.PopCount(chosen) : 0,
                        factor = _valuesAreSigns ? 2 : 1;
                    for (int c = 0; c < channels; c++)
                    {
                        result[(channel + c) * Queries + i] = factor * BitOperations.PopCount(chosen & values[c]) - count;
                    }
                }
            }
        }
    }

    /// <summary>Which keys a query chooses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Choose(int head, ref byte keys, ref byte query, int stride, ulong valid)
    {
        Vector256<byte> low = Vector256<byte>.Zero,
            high = Vector256<byte>.Zero;
        for (int b = 0; b < _bytes; b++)
        {
            var own = Vector256.Create(Unsafe.Add(ref query, b * stride));
            low += Vector256Ops.PopCount8((Vector256.LoadUnsafe(ref keys, (nuint)(b * Lanes)) ^ own).AsUInt64()).AsByte();
            high += Vector256Ops.PopCount8((Vector256.LoadUnsafe(ref keys, (nuint)(b * Lanes + 32)) ^ own).AsUInt64()).AsByte();
        }

        // Lanes without a key differ in all channels.
        (Vector256<byte> lowValid, Vector256<byte> highValid) = (Mask((uint)valid), Mask((uint)(valid >> 32)));
        Vector256<byte> none = Vector256.Create(byte.MaxValue);
        var fewest = Vector256.Create(
            Smallest(Vector256.Min(Vector256.ConditionalSelect(lowValid, low, none), Vector256.ConditionalSelect(highValid, high, none)))
        );
        ref byte table = ref _exponentials[head * 4 * TableEntries];
        low = Exponentials(low - fewest, ref table) & lowValid;
        high = Exponentials(high - fewest, ref table) & highValid;
        long sum = Sum(low) + Sum(high);
        int threshold = _thresholds[head];
        if (threshold == 0)
        {
            return 0; // The sum is above 0.
        }

        // e t >= sum << u where e is at least the quotient, rounded up.
        long least = ((sum << _thresholdShift) + threshold - 1) / threshold;
        if (least > byte.MaxValue)
        {
            return 0;
        }

        var bound = Vector256.Create((byte)least);
        ulong reached =
            Vector256.Equals(Vector256.Max(low, bound), low).ExtractMostSignificantBits()
            | (ulong)Vector256.Equals(Vector256.Max(high, bound), high).ExtractMostSignificantBits() << 32;
        return reached & valid;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Exponentials(Vector256<byte> differing, ref byte table)
    {
        Vector256<byte> index = differing & Vector256.Create((byte)(TableEntries - 1)),
            few = Vector256Ops.Shuffle(Vector256.LoadUnsafe(ref table), index),
            many = Vector256Ops.Shuffle(Vector256.LoadUnsafe(ref table, 2 * TableEntries), index);
        return Vector256.ConditionalSelect(Vector256.LessThan(differing, Vector256.Create((byte)TableEntries)), few, many);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Smallest(Vector256<byte> bytes)
    {
        Vector128<byte> least = Vector128.Min(bytes.GetLower(), bytes.GetUpper());
        least = Vector128.Min(least, (least.AsUInt64() >>> 32).AsByte());
        least = Vector128.Min(least, (least.AsUInt64() >>> 16).AsByte());
        least = Vector128.Min(least, (least.AsUInt64() >>> 8).AsByte());
        return Math.Min(least[0], least[8]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Sum(Vector256<byte> bytes)
    {
        // 16 pairs of bytes, then 64-bit words of four 16-bit sums, which stay below 2^16 together.
        Vector256<ushort> pairs = (bytes.AsUInt16() & Vector256.Create((ushort)0x00FF)) + (bytes.AsUInt16() >>> 8);
        Vector128<ushort> sums = pairs.GetLower() + pairs.GetUpper();
        return Vector128.Sum(sums);
    }

    /// <summary>Bytes of all ones where a bit is 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Mask(uint bits)
    {
        Vector256<byte> spread = Vector256Ops.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)
        );
        Vector256<byte> own = Vector256.Create(0x8040201008040201UL).AsByte();
        return Vector256.Equals(spread & own, own);
    }

    /// <summary>The channels of a head as bytes: byte b of token t holds its channels 8 b to 8 b + 7.</summary>
    private void ToTokens(ref ulong bits, int head, int tokens, ref byte bytes, int stride)
    {
        for (int b = 0; b < _bytes; b++)
        {
            int channels = Math.Min(8, Depth - 8 * b),
                channel = head * Depth + 8 * b;
            for (int first = 0; first < tokens; first += 8)
            {
                ulong rows = 0;
                for (int c = 0; c < channels; c++)
                {
                    rows |= (BitString.Read(ref bits, (channel + c) * tokens + first) & 0xFF) << (8 * c);
                }

                Unsafe.WriteUnaligned(ref Unsafe.Add(ref bytes, b * stride + first), BitMatrix.Transpose(rows));
            }
        }
    }

    private static int Align(int count) => (count + 63) & ~63;
}
