using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// A dense layer on one image. Its input comes as k bit-planes X_p of weight 2^p. Signs are one plane, whose bit is 1 for +1. Then
/// <c>positive = sum over p of 2^p popcount(W &amp; X_p)</c> and <c>total = sum over p of 2^p popcount(X_p)</c>.
/// </summary>
internal abstract class DenseKernel
{
    private const int LaneUnit = 512;

    private readonly bool _readsSigns;

    private protected DenseKernel(FusedLinear layer)
    {
        (Linear linear, ValueInfo input) = (layer.Linear, layer.Source);
        Inputs = input.Count;
        Words = (Inputs + 63) / 64;
        Outputs = linear.Outputs;
        Planes = input.Bits;
        _readsSigns = input.Kind == ElementKind.Signs;
        Rows = new ulong[Outputs * Words];
        WeightSums = new int[Outputs];
        for (int o = 0; o < Outputs; o++)
        {
            Span<ulong> row = Rows.AsSpan(o * Words, Words);
            for (int w = 0; w < Words; w++)
            {
                row[w] = PackedBits.Read(linear.Weights.Span, (long)o * Inputs + w * 64, Math.Min(64, Inputs - w * 64));
            }

            WeightSums[o] = 2 * BitString.Count(row) - Inputs;
        }

        // No difference reaches MaxTotal + 1.
        Thresholds = new int[Lanes];
        int[] thresholds = LayerSums.Thresholds(layer, WeightSums);
        for (int o = 0; o < thresholds.Length; o++)
        {
            Thresholds[o] = (int)Math.Clamp(thresholds[o], -MaxTotal - 1L, MaxTotal + 1L);
        }

        Flips = new ulong[Lanes / 64];
        for (int o = 0; layer.Epilogue is Threshold threshold && o < Outputs; o++)
        {
            Flips[o / 64] |= (threshold.Flipped.Span[o] ? 1UL : 0) << (o & 63);
        }
    }

    /// <summary>Bytes of scratch memory.</summary>
    public int ScratchBytes => Lanes * sizeof(int) + OwnScratchBytes;

    /// <summary>Bytes of scratch memory besides the positives.</summary>
    protected abstract int OwnScratchBytes { get; }

    protected readonly int Inputs;

    protected readonly int Outputs;

    /// <summary>Outputs in whole vectors of any width.</summary>
    protected int Lanes => (Outputs + LaneUnit - 1) / LaneUnit * LaneUnit;

    protected readonly int Planes;

    /// <summary>The thresholds of <c>2 positive - total</c>.</summary>
    protected readonly int[] Thresholds;

    /// <summary>Bits that are XORed with the signs: 1 where the threshold is flipped.</summary>
    protected readonly ulong[] Flips;

    protected readonly int[] WeightSums;

    /// <summary>The largest total.</summary>
    protected int MaxTotal => (int)Math.Min(int.MaxValue, (long)Inputs * ((1L << Planes) - 1));

    /// <summary>Words of an input plane, without the spare one.</summary>
    protected readonly int Words;

    /// <summary>The weights: <see cref="Words"/> per output.</summary>
    protected readonly ulong[] Rows;

    /// <summary>The signs of a layer that ends in a threshold.</summary>
    /// <param name="planes">The input's bit-planes, one after another, each of <see cref="BitString.Words"/>.</param>
    /// <param name="bits">Receives the output in whole vectors. Unused bits of its last word are 0.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    public virtual void Signs(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch)
    {
        Span<int> positives = PositivesIn(ref scratch);
        int total = Positives(planes, positives, ref Unsafe.Add(ref scratch, Lanes * sizeof(int)));
        for (int w = 0; 64 * w < Outputs; w++)
        {
            // Lanes without an output hold anything.
            ulong reached = ThresholdCompare.Bits(positives.Slice(64 * w, 64), total, Thresholds.AsSpan(64 * w, 64));
            Unsafe.Add(ref bits, w) = (reached & BitString.Low(Math.Min(64, Outputs - 64 * w))) ^ Flips[w];
        }
    }

    /// <summary>The sums of a layer that does not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Integers(ReadOnlySpan<ulong> planes, Span<int> sums, ref byte scratch)
    {
        Span<int> positives = PositivesIn(ref scratch);
        int total = Positives(planes, positives, ref Unsafe.Add(ref scratch, Lanes * sizeof(int)));

        // The sum of codes is 2 positive - total. The sum of signs is twice that, less the sum of the weights.
        (int factor, int offset) = _readsSigns ? (4, 2 * total) : (2, total);
        int o = 0;
        for (; o <= sums.Length - Vector<int>.Count; o += Vector<int>.Count)
        {
            Vector<int> differences = new Vector<int>(positives[o..]) * factor - new Vector<int>(offset);
            (_readsSigns ? differences - new Vector<int>(WeightSums, o) : differences).CopyTo(sums[o..]);
        }

        for (; o < sums.Length; o++)
        {
            sums[o] = factor * positives[o] - offset - (_readsSigns ? WeightSums[o] : 0);
        }
    }

    /// <summary>The sum of the inputs whose weight is +1, for each output.</summary>
    /// <returns>The sum of all inputs.</returns>
    protected abstract int Positives(ReadOnlySpan<ulong> planes, Span<int> positives, ref byte scratch);

    private Span<int> PositivesIn(ref byte scratch) => MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref scratch), Lanes);
}
