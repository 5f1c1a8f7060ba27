using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A dense layer on one image. Its input comes as k bit-planes X_p of levels 2^p, one for signs, whose bit is 1 for +1:
/// <c>positive = sum over p of 2^p popcount(W &amp; X_p)</c>, <c>total = sum over p of 2^p popcount(X_p)</c>.
/// </summary>
internal abstract class DenseKernel
{
    private readonly ulong[] _flips = [];

    private protected DenseKernel(Stage stage)
    {
        (Linear linear, ValueInfo input) = (stage.Linear, stage.Source);
        Inputs = input.Count;
        Words = (Inputs + 63) / 64;
        Outputs = linear.Outputs;
        Planes = input.Bits;
        ReadsSigns = input.Kind == ElementKind.Signs;
        Rows = new ulong[Outputs * Words];
        WeightSums = new int[Outputs];
        for (int o = 0; o < Outputs; o++)
        {
            Span<ulong> row = Rows.AsSpan(o * Words, Words);
            for (int w = 0; w < Words; w++)
            {
                row[w] = PackedBits.Read(linear.Weights.Span, (long)o * Inputs + w * 64, Math.Min(64, Inputs - w * 64));
            }

            WeightSums[o] = 2 * Count(row) - Inputs;
        }

        // No difference reaches Largest + 1.
        Thresholds = [.. stage.Thresholds(WeightSums).Select(t => (int)Math.Clamp(t, -Largest - 1L, Largest + 1L))];
        if (stage.Ending is Threshold threshold)
        {
            _flips = new ulong[(Outputs + 63) / 64];
            for (int o = 0; o < Outputs; o++)
            {
                _flips[o / 64] |= (threshold.Flipped.Span[o] ? 1UL : 0) << (o & 63);
            }
        }
    }

    /// <summary>Bytes of scratch memory.</summary>
    public abstract int ScratchBytes { get; }

    protected int Inputs { get; }

    protected int Outputs { get; }

    protected int Planes { get; }

    protected bool ReadsSigns { get; }

    /// <summary>For <c>2 positive - total</c>.</summary>
    protected int[] Thresholds { get; }

    protected int[] WeightSums { get; }

    /// <summary>The largest total.</summary>
    protected int Largest => (int)Math.Min(int.MaxValue, (long)Inputs * ((1L << Planes) - 1));

    /// <summary>Words of an input plane, without the spare one.</summary>
    protected int Words { get; }

    /// <summary>The weights, <see cref="Words"/> an output.</summary>
    protected ulong[] Rows { get; }

    /// <summary>
    /// The kernel that takes fewer steps: a popcount for each word of each output's weights, or, with the outputs in
    /// the lanes of vectors, one addition for each input that is 1, all outputs at once.
    /// </summary>
    public static DenseKernel Create(Stage stage, int widestVector)
    {
        int outputs = stage.Linear.Outputs, inputs = stage.Source.Count, planes = stage.Source.Bits;
        int width = VectorWidth.For(outputs, widestVector);
        int vectors = (outputs + width - 1) / width;

        // Instructions, about. Of the bits of codes, most of them small, a quarter is 1.
        double rows = (double)outputs * (planes * (5 * ((inputs + 63) / 64) + 8) + 10);
        double columns = (double)inputs * planes / (planes == 1 ? 2 : 4) * (8 + 8 * vectors) + vectors * (60 * planes + 100);
        if (stage.Ending is not Threshold)
        {
            columns += 10 * outputs;
        }

        return rows < columns || planes > 8 || stage.IsLarge ? new DenseRows(stage) : width switch
        {
            512 => new DenseColumns<Width512, Vector512<ulong>>(stage),
            256 => new DenseColumns<Width256, Vector256<ulong>>(stage),
            128 => new DenseColumns<Width128, Vector128<ulong>>(stage),
            _ => new DenseColumns<Width64, ulong>(stage),
        };
    }

    /// <summary>The layer's signs, where it ends in a threshold.</summary>
    /// <param name="planes">The input's bit-planes, one after another, each of <see cref="BitString.Words"/>.</param>
    /// <param name="bits">Receives the output; unused bits are 0.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>.</param>
    public void Signs(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch)
    {
        Compare(planes, ref bits, ref scratch);
        for (int w = 0; w < _flips.Length; w++)
        {
            Unsafe.Add(ref bits, w) ^= _flips[w];
        }
    }

    /// <summary>One bit an output: does the sum reach its threshold?</summary>
    protected abstract void Compare(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch);

    /// <summary>The sums themselves.</summary>
    public abstract void Integers(ReadOnlySpan<ulong> planes, Span<int> sums, ref byte scratch);

    protected int Total(ReadOnlySpan<ulong> planes)
    {
        int total = 0;
        for (int p = 0; p < Planes; p++)
        {
            total += Count(planes.Slice(p * BitString.Words(Inputs), Words)) << p;
        }

        return total;
    }

    protected int Sum(int output, int positive, int total) => ReadsSigns ? 4 * positive - 2 * total - WeightSums[output] : 2 * positive - total;

    protected static int Count(ReadOnlySpan<ulong> words)
    {
        int count = 0;
        foreach (ulong word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }
}
