using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// Attention of one bit. A score is the number of channels less twice the number of those that differ. A few channels of a query are an
/// index into a table, which the key chooses, of how many differ. Few differences mean few exponentials: a table of 32. The keys that the
/// queries choose are added in fours by the values, as in <see cref="SharedSumConvolution{TOps, TVector}"/>.
/// </summary>
internal sealed class BitAttention<TOps, TVector> : AttentionKernel
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private const int Inputs = 4, // keys of an entry
        Entries = 1 << Inputs;

    private readonly int _planes;
    private readonly int _groups;
    private readonly bool _valuesAreSigns;
    private readonly int[] _thresholds;
    private readonly int _thresholdShift;
    private readonly AlignedBytes _differences;
    private readonly AlignedBytes _exponentials;

    public BitAttention(FusedAttention layer)
        : base(layer)
    {
        _planes = (Depth + TOps.TableBits - 1) / TOps.TableBits;
        _groups = (Keys + Inputs - 1) / Inputs;
        _valuesAreSigns = layer.Value.Kind == ElementKind.Signs;
        (_thresholds, _thresholdShift) = (layer.Softmax.Thresholds.ToArray(), layer.Softmax.ThresholdShift);
        _differences = new AlignedBytes(VectorBytes << TOps.TableBits);
        for (int i = 0; i < _differences.Length; i++)
        {
            int key = i / VectorBytes,
                query = i & ((1 << TOps.TableBits) - 1);
            _differences[i] = (byte)BitOperations.PopCount((uint)(key ^ query));
        }

        // For each head 32 exponentials, once more for wide vectors.
        _exponentials = new AlignedBytes(Heads * 2 * BitAttention.MaxDifferences);
        for (int i = 0; i < _exponentials.Length; i++)
        {
            int head = i / (2 * BitAttention.MaxDifferences),
                more = i % BitAttention.MaxDifferences;
            long entry = 2L * more * layer.Softmax.Multipliers.Span[head] >> layer.Softmax.Shift;
            _exponentials[i] = layer.Softmax.Table.Span[(int)Math.Min(layer.Softmax.Table.Length - 1, entry)];
        }
    }

    public override int ScratchBytes => _planes * (Align(Queries) + Align(Keys)) + ((Inputs + Entries) * _groups + 8) * VectorBytes;

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    public override void Run(ref byte query, ref byte key, ref byte value, ref int result, ref byte scratch)
    {
        ref byte keys = ref Unsafe.Add(ref scratch, _planes * Align(Queries));
        ref byte weights = ref Unsafe.Add(ref keys, _planes * Align(Keys));
        for (int h = 0; h < Heads; h++)
        {
            ToPlanes(ref Unsafe.As<byte, ulong>(ref query), h, Queries, ref scratch);
            ToPlanes(ref Unsafe.As<byte, ulong>(ref key), h, Keys, ref keys);
            for (int first = 0; first < Queries; first += VectorBytes)
            {
                Weigh(h, ref Unsafe.Add(ref scratch, first), ref keys, ref weights, Math.Min(VectorBytes, Queries - first));
                Add(h, ref Unsafe.As<byte, ulong>(ref value), ref weights, first, ref result);
            }
        }
    }

    /// <summary>Which keys each of a vector of queries chooses: a vector of 0 and 1 for each key.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Weigh(int head, ref byte queries, ref byte keys, ref byte weights, int count)
    {
        (int queryStride, int keyStride) = (Align(Queries), Align(Keys));
        ref byte tables = ref _differences.Start;
        TVector fewest = TOps.FillByte(byte.MaxValue);
        for (int j = 0; j < Keys; j++)
        {
            TVector differing = TOps.Fill(0);
            for (int p = 0; p < _planes; p++)
            {
                ref byte table = ref Unsafe.Add(ref tables, Unsafe.Add(ref keys, p * keyStride + j) * VectorBytes);
                differing = TOps.Add8(differing, TOps.Lookup(ref table, TOps.Load(ref Unsafe.Add(ref queries, p * queryStride))));
            }

            fewest = TOps.Min8(fewest, differing);
            TOps.Store(differing, ref Unsafe.Add(ref weights, j * VectorBytes));
        }

        ref byte exponentials = ref Unsafe.Add(ref _exponentials.Start, head * 2 * BitAttention.MaxDifferences);
        TVector even = TOps.Fill(0),
            odd = even;
        for (int j = 0; j < Keys; j++)
        {
            ref byte place = ref Unsafe.Add(ref weights, j * VectorBytes);
            TVector exponential = TOps.Lookup32(ref exponentials, TOps.Subtract8(TOps.Load(ref place), fewest));
            even = TOps.Add16(even, TOps.EvenBytes(exponential));
            odd = TOps.Add16(odd, TOps.OddBytes(exponential));
            TOps.Store(exponential, ref place);
        }

        TVector below = Below(head, even, odd, ref Unsafe.Add(ref weights, _groups * Inputs * VectorBytes), count);
        for (int j = 0; j < Keys; j++)
        {
            ref byte place = ref Unsafe.Add(ref weights, j * VectorBytes);
            TOps.Store(TOps.Above8(TOps.Load(ref place), below), ref place);
        }

        for (int j = Keys; j < _groups * Inputs; j++)
        {
            TOps.Store(TOps.Fill(0), ref Unsafe.Add(ref weights, j * VectorBytes));
        }
    }

    /// <summary>For each query the largest exponential that does not reach the threshold of its sum.</summary>
    private TVector Below(int head, TVector even, TVector odd, ref byte free, int count)
    {
        TOps.Store(even, ref free);
        TOps.Store(odd, ref Unsafe.Add(ref free, VectorBytes));
        ref ushort sums = ref Unsafe.As<byte, ushort>(ref free);
        ref byte below = ref Unsafe.Add(ref free, 2 * VectorBytes);
        long threshold = _thresholds[head];
        double factor = threshold == 0 ? double.MaxValue : (double)(1L << _thresholdShift) / threshold;
        for (int i = 0; i < count; i++)
        {
            // The smallest e with e t >= sum << u. The product of doubles is off by less than 1. The sum is above 0.
            long sum = Unsafe.Add(ref sums, (i >> 1) + (i & 1) * (VectorBytes / 2));
            long least = (long)Math.Min(byte.MaxValue + 1, sum * factor),
                scaled = sum << _thresholdShift;
            least += least * threshold < scaled ? 1 : 0;
            least -= (least - 1) * threshold >= scaled ? 1 : 0;
            Unsafe.Add(ref below, i) = (byte)Math.Min(byte.MaxValue, least - 1);
        }

        return TOps.Load(ref below);
    }

    /// <summary>The sums of the values that a vector of queries chooses.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(int head, ref ulong value, ref byte weights, int first, ref int result)
    {
        ref byte table = ref Unsafe.Add(ref weights, _groups * Inputs * VectorBytes);
        TVector total = TOps.Fill(0);
        for (int i = 0; i < _groups; i++)
        {
            total = TOps.Add8(
                total,
                Tabulate(ref Unsafe.Add(ref weights, i * Inputs * VectorBytes), ref Unsafe.Add(ref table, i * Entries * VectorBytes))
            );
        }

        ref byte sums = ref Unsafe.Add(ref table, _groups * Entries * VectorBytes);
        TOps.Store(total, ref Unsafe.Add(ref sums, VectorBytes));
        int count = Math.Min(VectorBytes, Queries - first);
        for (int channel = head * ValueDepth; channel < (head + 1) * ValueDepth; channel++)
        {
            TVector sum = TOps.Fill(0);
            ref byte entries = ref table;
            for (int j = 0; j < Keys; j += 64)
            {
                ulong signs = BitString.Read(ref value, channel * Keys + j) & BitString.Low(Math.Min(64, Keys - j));
                for (int end = Math.Min(Keys, j + 64), k = j; k < end; k += Inputs, signs >>= Inputs)
                {
                    sum = TOps.Add8(sum, TOps.Load(ref Unsafe.Add(ref entries, (nint)(signs & (Entries - 1)) * VectorBytes)));
                    entries = ref Unsafe.Add(ref entries, Entries * VectorBytes);
                }
            }

            TOps.Store(sum, ref sums);
            Write(ref sums, ref Unsafe.Add(ref result, channel * Queries + first), count);
        }
    }

    /// <summary>Sums of bytes as integers. For signs, those chosen with -1 are subtracted: twice the sum of +1, less all.</summary>
    private void Write(ref byte sums, ref int result, int count)
    {
        ref byte totals = ref Unsafe.Add(ref sums, VectorBytes);
        int last = count - Vector256<int>.Count,
            i = 0;
        for (; last >= 0 && i < count; i += Vector256<int>.Count)
        {
            // The last vector begins earlier and repeats some.
            int at = Math.Min(i, last);
            Vector256<int> sum = Eight(ref Unsafe.Add(ref sums, at));
            (_valuesAreSigns ? sum + sum - Eight(ref Unsafe.Add(ref totals, at)) : sum).StoreUnsafe(ref result, (nuint)at);
        }

        for (; i < count; i++)
        {
            int sum = Unsafe.Add(ref sums, i);
            Unsafe.Add(ref result, i) = _valuesAreSigns ? 2 * sum - Unsafe.Add(ref totals, i) : sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<int> Eight(ref byte bytes)
        {
            Vector128<byte> some = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref bytes)).AsByte();
            return Vector256.WidenLower(Vector128.WidenLower(some).ToVector256Unsafe()).AsInt32();
        }
    }

    /// <summary>The sums of all subsets of four vectors of bytes. It returns the sum of all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tabulate(ref byte four, ref byte table)
    {
        TVector a = TOps.Load(ref four),
            b = TOps.Load(ref Unsafe.Add(ref four, VectorBytes)),
            c = TOps.Load(ref Unsafe.Add(ref four, 2 * VectorBytes)),
            d = TOps.Load(ref Unsafe.Add(ref four, 3 * VectorBytes));
        TVector both = TOps.Add8(a, b);
        Four(TOps.Fill(0), a, b, both, ref table);
        Four(c, a, b, both, ref Unsafe.Add(ref table, 4 * VectorBytes));
        Four(d, a, b, both, ref Unsafe.Add(ref table, 8 * VectorBytes));
        TVector others = TOps.Add8(c, d);
        Four(others, a, b, both, ref Unsafe.Add(ref table, 12 * VectorBytes));
        return TOps.Add8(both, others);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Four(TVector rest, TVector a, TVector b, TVector both, ref byte to)
        {
            TOps.Store(rest, ref to);
            TOps.Store(TOps.Add8(rest, a), ref Unsafe.Add(ref to, VectorBytes));
            TOps.Store(TOps.Add8(rest, b), ref Unsafe.Add(ref to, 2 * VectorBytes));
            TOps.Store(TOps.Add8(rest, both), ref Unsafe.Add(ref to, 3 * VectorBytes));
        }
    }

    /// <summary>The channels of a head as indices of tables: a plane holds a few channels of all tokens.</summary>
    private void ToPlanes(ref ulong bits, int head, int tokens, ref byte planes)
    {
        for (int p = 0; p < _planes; p++, planes = ref Unsafe.Add(ref planes, Align(tokens)))
        {
            int channel = head * Depth + p * TOps.TableBits,
                channels = Math.Min(TOps.TableBits, Depth - p * TOps.TableBits);
            for (int first = 0; first < tokens; first += Vector256<byte>.Count)
            {
                // Lanes behind the last token hold anything.
                Vector256<byte> indices = Vector256<byte>.Zero;
                for (int c = 0; c < channels; c++)
                {
                    uint some = (uint)BitString.Read(ref bits, (channel + c) * tokens + first);
                    indices |= BitString.Spread(some) & Vector256.Create((byte)(1 << c));
                }

                indices.StoreUnsafe(ref planes, (nuint)first);
            }
        }
    }

    private static int Align(int count) => (count + 63) & ~63;
}

/// <summary>What <see cref="BitAttention{TOps, TVector}"/> can run.</summary>
internal static class BitAttention
{
    /// <summary>Numbers of channels that differ, 0 included.</summary>
    public const int MaxDifferences = 32;

    /// <summary>Whether the kernel fits the layer: sums over all keys fit into bytes, those of exponentials into 16 bits.</summary>
    public static bool Fits(FusedAttention layer) =>
        layer is { Query.Kind: ElementKind.Signs, Key.Kind: ElementKind.Signs, Key.Area: <= byte.MaxValue }
        && layer is { Value: { Bits: 1, Kind: not ElementKind.Integers }, End: AttentionSum, Softmax.Thresholds.Length: > 0 }
        && layer.Query.Channels / layer.Scores.Heads < MaxDifferences;
}
