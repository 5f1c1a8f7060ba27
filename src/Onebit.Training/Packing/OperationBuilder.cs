using System.Numerics;

namespace Onebit.Training;

/// <summary>Appends operations to a packed model, and says of each new value what its integers stand for.</summary>
/// <param name="input">What the model reads.</param>
/// <param name="scaleBits">Bits of the multipliers that normalization becomes, see <see cref="Affine.ToFixedPoint"/>.</param>
internal sealed class OperationBuilder(ModelInput input, int scaleBits)
{
    // Sums have to be exact in float32, where training and evaluation hold them.
    private const int MaxExactFloat = 1 << 24;

    private readonly ModelBuilder _model = new(input);

    /// <summary>Appends an operation. Its integers are the numbers themselves unless the caller says otherwise.</summary>
    internal Value Append(Operation operation) => Describe(_model.Append(operation), Affine.Identity);

    /// <summary>A packed value, whose integers stand for the same in all channels.</summary>
    internal Value Describe(int index, Affine affine)
    {
        ValueInfo info = Info(index);
        return new Value(new Shape(info.Channels, info.Height, info.Width))
        {
            Planes = [(index, 1)],
            Affines = affine.Repeat(info.Channels),
        };
    }

    /// <summary>The model.</summary>
    internal BitModel Build(IReadOnlyList<string>? classNames) => _model.Build(classNames);

    /// <summary>Shape, kind and range of a packed value.</summary>
    internal ValueInfo Info(int index) => _model.Values[index];

    /// <summary>The largest absolute integer that a packed value may have.</summary>
    internal long Largest(int index) => Math.Max(-(long)Info(index).Minimum, Info(index).Maximum);

    /// <summary>Refuses sums beyond 2^24.</summary>
    internal static void RequireExact(long largest)
    {
        if (largest >= MaxExactFloat)
        {
            throw new PackingException($"sums reach {largest}, above 2^24 where float32 is exact; make the layer smaller");
        }
    }

    /// <summary>The value held by one packed value: the weighted sum of its planes where it has several.</summary>
    internal Value Single(Value value)
    {
        if (value.Planes.Count == 1)
        {
            return value;
        }

        int channels = value.Affines.Count;
        (int Index, double[] Weights)[] terms = [.. value.Planes.Select(p => (p.Index, Enumerable.Repeat(p.Weight, channels).ToArray()))];
        return WeightedSum(terms, new double[channels]).Then(value.Affines);
    }

    /// <summary>
    /// The sum of integers times real weights: with whole multipliers of up to 12 bits, fewer where the sum would leave 28 (a pool may yet
    /// sum it), and one real factor a channel in common. Weights that are whole multiples of one another, as those of ternary weights are,
    /// stay exact.
    /// </summary>
    /// <param name="terms">Packed values, each with a weight a channel.</param>
    /// <param name="constants">What is added, one number a channel.</param>
    internal Value WeightedSum(IReadOnlyList<(int Index, double[] Weights)> terms, double[] constants)
    {
        const int MaxBits = 12,
            SumBits = 27;
        double largest = terms.Sum(t => (double)Largest(t.Index));
        double one = Math.ScaleB(1, Math.Min(MaxBits, SumBits - 1 - Math.ILogB(largest)));
        if (one < 1)
        {
            throw new PackingException("the sums of a layer are too large to be combined in 32 bits; make the layer smaller");
        }

        int channels = constants.Length;
        int[] multipliers = new int[terms.Count * channels];
        var affines = new Affine[channels];
        for (int c = 0; c < channels; c++)
        {
            double size = terms.Max(t => Math.Abs(t.Weights[c]));
            int[] whole = [.. terms.Select(t => size == 0 ? 0 : (int)Math.Round(t.Weights[c] / size * one))];
            int divisor = (int)whole.Aggregate(BigInteger.Zero, (d, m) => BigInteger.GreatestCommonDivisor(d, m));
            for (int t = 0; t < terms.Count; t++)
            {
                multipliers[t * channels + c] = divisor == 0 ? 0 : whole[t] / divisor;
            }

            affines[c] = new Affine(divisor * size / one, 0, constants[c]);
        }
        return Append(new WeightedSum(terms.Select(t => t.Index).ToArray(), multipliers)) with { Affines = affines, IsWeightedSum = true };
    }

    /// <summary>The numbers of a value as integers: 8 bits for an activation, 16 elsewhere.</summary>
    internal Value Requantize(Value value, int bits)
    {
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint(
            value.Affines,
            round: true,
            scaleBits,
            EightBitRelu.CodesPerOne
        );
        return Append(new Requantize(value.Index, multipliers, offsets, shift, bits));
    }

    /// <summary>Appends the scores of the classes.</summary>
    internal void AppendScores(Value logits)
    {
        (int[] multipliers, long[] offsets, int shift) = Affine.ToFixedPoint(logits.Affines, round: false, scaleBits);
        Append(new Scores(logits.Index, multipliers, offsets, shift));
    }
}
