using System.Numerics;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Turns a trained network into bits, thresholds and integer affines. Batch normalization is folded into them
/// (its operation follows it in the list), average pooling into sums. What comes out is the network's evaluation
/// mode by definition; <see cref="FoldedNetwork"/> runs it on torch, <see cref="BitModel"/> on bits.
/// </summary>
public sealed class Packer
{
    // Sums have to be exact in float32, where training and evaluation hold them.
    private const int LargestExactFloat = 1 << 24;

    private readonly ModelBuilder _model;
    private readonly int _scaleBits;

    private Packer(ModelInput input, int scaleBits) => (_model, _scaleBits) = (new ModelBuilder(input), scaleBits);

    /// <summary>Packs the weights as they are: <see cref="WeightLayer.Frozen"/> where set, else the sign of the latent ones.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="classNames">One name a class; null: numbers.</param>
    /// <param name="scaleBits">Bits of the multipliers that normalization becomes, see <see cref="Folding.ToFixedPoint"/>.</param>
    /// <exception cref="PackingException">A layer has no integer form.</exception>
    public static BitModel Pack(Network network, IReadOnlyList<string>? classNames = null, int scaleBits = Folding.MultiplierBits)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (network.InputBits == 32)
        {
            throw new PackingException($"pixels are seen as {network.Pixels.ToString().ToLowerInvariant()}, not as bytes, bits or signs");
        }

        if (network.ActivationBits == 32)
        {
            throw new PackingException("activations stay float32");
        }

        (int channels, int height, int width) = network.Input;
        var input = new ModelInput(channels, height, width, network.InputBits, network.PixelThreshold);
        var packer = new Packer(input, scaleBits);
        // Signs are packed as bits: what is 0 there stands for -1.
        Folding seen = network.Pixels == PixelEncoding.Signs ? new(2, 0, -1) : Folding.Identity;
        try
        {
            IReadOnlyList<nn.Module<Tensor, Tensor>> layers = WithoutDropout(network.Layers);
            Packed last = packer.Walk(layers, new Packed(0, Same(channels, seen)), outermost: true);
            if (layers[^1] is not NormLayer)
            {
                packer.Append(packer.ToScores(last));
            }

            return packer._model.Build(classNames);
        }
        catch (InvalidDataException e)
        {
            throw new PackingException(e.Message.TrimEnd('.'));
        }
    }

    private Packed Walk(IReadOnlyList<nn.Module<Tensor, Tensor>> layers, Packed value, bool outermost)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            bool atEnd = i == layers.Count - 1;
            if (layers[i] is not (WeightLayer or ResidualLayer))
            {
                value = Whole(value);
            }

            switch (layers[i])
            {
                case WeightLayer layer:
                    value = Weighted(layer, value);
                    break;
                case Network.PlainLayer { Spec: LayerSpec.MaxPool p }:
                    if (layers.ElementAtOrDefault(i + 1) is WeightLayer && value.IsCombined)
                    {
                        throw new PackingException("a layer reads pooled activations of several planes; pool before the activation");
                    }

                    value = value with { Index = _model.Append(new MaxPool(value.Index, p.Size, p.Stride)) };
                    break;
                case Network.PlainLayer { Spec: LayerSpec.AveragePool p }:
                    double area = p.Size * p.Size;
                    value = value with
                    {
                        Index = _model.Append(new SumPool(value.Index, p.Size, p.Stride)),
                        Stands = [.. value.Stands.Select(s => new Folding(s.Factor, s.Mean * area, s.Offset * area))],
                    };
                    if (!value.IsCombined)
                    {
                        RequireExact(Largest(_model.Values[value.Index]));
                    }

                    break;
                case Network.PlainLayer { Spec: LayerSpec.Scale s }:
                    if (s.By <= 0)
                    {
                        throw new PackingException("a scale is not above 0, so that max-pooling would turn to the smallest value");
                    }

                    value = value.Then(new Folding(s.By, 0, 0));
                    break;
                case NormLayer norm:
                    value = value.Then(Fold(norm));
                    if (outermost && atEnd)
                    {
                        value = Append(ToScores(value));
                    }
                    else if (atEnd || layers[i + 1] is not (ActivationLayer or TwoSlopeLayer))
                    {
                        value = Append(ToRequantize(value, 16));
                    }

                    break;
                case TwoSlopeLayer slopes:
                    value = Append(ToTwoSlope(slopes, value));
                    break;
                case ActivationLayer activation:
                    value = activation.Binarizer is { } binarizer ? Binarized(binarizer, value) : Append(ToRequantize(value, 8));
                    break;
                case ResidualLayer residual:
                    Packed inner = Walk(WithoutDropout(residual.Body), value, outermost: false);
                    value = Append(new Add(Counted(inner, residual.BodyUnit), Counted(Whole(value), residual.ShortcutUnit)));
                    RequireExact(Largest(_model.Values[value.Index]));
                    break;
                default:
                    throw new PackingException($"a {layers[i].GetName()} layer has no integer form");
            }
        }
        return value;
    }

    /// <summary>Dropout does nothing in evaluation mode, wherever it stands.</summary>
    private static nn.Module<Tensor, Tensor>[] WithoutDropout(Network.LayerList layers) =>
        layers.Items.Where(l => l is not TorchSharp.Modules.Dropout).ToArray();

    /// <summary>A residual path counts in codes.</summary>
    private int Counted(Packed value, double unit)
    {
        Packed counted = value.Then(new Folding(unit, 0, 0));
        return counted.Stands.All(s => s == Folding.Identity) ? value.Index : Append(ToRequantize(counted, 16)).Index;
    }

    /// <summary>
    /// Every plane of weights meets every plane of activations, and a linear combination makes one integer an output of their sums. What
    /// an offset of weights adds is a multiple of the sum of the inputs: a plane of weights that are all +1.
    /// </summary>
    private Packed Weighted(WeightLayer layer, Packed value)
    {
        if (!layer.IsBinarized)
        {
            throw new PackingException("a layer's weights stay float32");
        }

        WeightBinarizer binarizer = layer.Binarizer!;
        int outputs = (int)layer.Weight.shape[0];
        IReadOnlyList<WeightPlane> planes = layer.Frozen is { } frozen ? [new(frozen, null)] : binarizer.Planes(layer.Weight);
        double[]? offsets = layer.Frozen is null ? Numbers(binarizer.Offset(layer.Weight)) : null;
        Several input = value.Several ?? Alone(value);
        var sums = new List<Term>();
        double[] constants = layer.Bias is null ? new double[outputs] : Numbers(binarizer.Bias(layer.Bias))!;
        foreach (WeightPlane plane in planes)
        {
            Meet(plane.Signs, Numbers(plane.Scale) ?? Same(outputs, 1.0));
        }

        if (offsets is not null)
        {
            Meet(ones_like(layer.Weight.narrow(0, 0, layer.Groups)), offsets);
        }

        Packed result =
            sums is [{ Factors: var only } one] && only.All(f => f >= 0)
                ? new Packed(one.Index, [.. only.Zip(constants, (f, c) => new Folding(f, 0, c))])
                : Combined(sums, constants);
        return result.Then(new Folding(layer.OutputScale, 0, 0));

        void Meet(Tensor signs, double[] scales)
        {
            long[] shape = signs.shape;
            byte[] bits = Bits(signs);
            foreach (Term plane in input.Terms)
            {
                RequireExact(shape[1] * shape[2] * shape[3] * Largest(_model.Values[plane.Index]));
                int index = _model.Append(
                    new Linear(plane.Index, (int)shape[0], (int)shape[2], (int)shape[3], layer.Stride, layer.Padding, layer.Groups, bits)
                );
                sums.Add(new Term(index, [.. scales.Select(s => s * plane.Factors[0])]));
            }
            // What a plane of zeros stands for counts once a weight, whichever the input.
            double[] weightSums = Numbers(signs.sum([1, 2, 3]))!;
            for (int o = 0; o < outputs; o++)
            {
                constants[o] += input.Offset * scales[o] * weightSums[o * weightSums.Length / outputs];
            }
        }
    }

    /// <summary>A value of one plane, all channels of which stand for the same.</summary>
    private static Several Alone(Packed value)
    {
        Folding input = value.Stands[0];
        if (value.Stands.Any(s => s != input))
        {
            throw new PackingException("a layer reads channels of different scales; put a normalization or an activation before it");
        }

        return new Several([new Term(value.Index, [input.Factor])], input.At(0));
    }

    private static byte[] Bits(Tensor signs)
    {
        float[] levels = signs.flatten().data<float>().ToArray();
        byte[] bits = new byte[(levels.Length + 7) / 8];
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] is not (1 or -1))
            {
                throw new PackingException("a layer's frozen weights are not signs");
            }

            if (levels[i] > 0)
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }
        return bits;
    }

    /// <summary>
    /// The sum of integers times real factors: with whole factors of up to 12 bits, fewer where the sum would leave 28 (a pool may yet sum
    /// it), and one real factor a channel in common. Factors that are whole multiples of one another, as those of ternary weights are, stay
    /// exact.
    /// </summary>
    private Packed Combined(IReadOnlyList<Term> terms, double[] constants)
    {
        const int MostBits = 12,
            SumBits = 27;
        double largest = terms.Sum(t => (double)Largest(_model.Values[t.Index]));
        double one = Math.ScaleB(1, Math.Min(MostBits, SumBits - 1 - Math.ILogB(largest)));
        if (one < 1)
        {
            throw new PackingException("the sums of a layer are too large to be combined in 32 bits; make the layer smaller");
        }

        int channels = constants.Length;
        int[] multipliers = new int[terms.Count * channels];
        var stands = new Folding[channels];
        for (int c = 0; c < channels; c++)
        {
            double size = terms.Max(t => Math.Abs(t.Factors[c]));
            int[] whole = [.. terms.Select(t => size == 0 ? 0 : (int)Math.Round(t.Factors[c] / size * one))];
            int divisor = (int)whole.Aggregate(BigInteger.Zero, (d, m) => BigInteger.GreatestCommonDivisor(d, m));
            for (int t = 0; t < terms.Count; t++)
            {
                multipliers[t * channels + c] = divisor == 0 ? 0 : whole[t] / divisor;
            }

            stands[c] = new Folding(divisor * size / one, 0, constants[c]);
        }
        return new Packed(_model.Append(new WeightedSum(terms.Select(t => t.Index).ToArray(), multipliers)), stands, IsCombined: true);
    }

    private Packed Binarized(ActivationBinarizer binarizer, Packed value)
    {
        ActivationPlanes planes = binarizer.Planes;
        ValueInfo input = _model.Values[value.Index];
        (int Threshold, bool Flipped)[][] ends =
        [
            .. planes.Thresholds.Select(thresholds =>
                value
                    .Stands.Select(
                        (s, c) =>
                            (s with { Offset = s.Offset - Network.Unit * thresholds[thresholds.Length == 1 ? 0 : c] }).ToThreshold(
                                input.Minimum,
                                input.Maximum
                            )
                    )
                    .ToArray()
            ),
        ];
        bool[] flipped = [.. ends[0].Select(e => e.Flipped)];
        double[] coefficients = [.. planes.Coefficients.Select(Math.Abs)];
        // Turned where its coefficient is negative, a plane of -1 is the lower level, as padding takes it.
        if (!planes.IsCode || ends.Length == 1)
        {
            return Of([
                .. ends.Select(
                    (end, n) =>
                        _model.Append(
                            new Threshold(
                                value.Index,
                                end.Select(e => e.Threshold).ToArray(),
                                flipped.Select(f => f != planes.Coefficients[n] < 0).ToArray()
                            )
                        )
                ),
            ]);
        }

        // Where the normalization turned the order, the last threshold comes first.
        int[] ordered = [.. flipped.SelectMany((_, c) => ends.Select(end => end[c].Threshold).Order())];
        int code = _model.Append(new Quantize(value.Index, coefficients.Length, ordered, flipped));
        double step = 2 * coefficients[0];
        return coefficients.Select((c, n) => 2 * c == Math.ScaleB(step, n)).All(equal => equal) && step > 0
            ? new Packed(code, Same(flipped.Length, new Folding(step, 0, planes.Low)))
            : Of([.. coefficients.Select((_, n) => _model.Append(new BitPlane(code, n)))]);

        Packed Of(int[] signs) =>
            signs.Length == 1
                ? new Packed(signs[0], Same(flipped.Length, new Folding(coefficients[0], 0, planes.Offset)))
                : new Packed(
                    signs[0],
                    Same(flipped.Length, Folding.Identity),
                    new Several([.. signs.Zip(coefficients, (s, c) => new Term(s, [c]))], planes.Offset)
                );
    }

    /// <summary>A value of several planes as one of integers.</summary>
    private Packed Whole(Packed value)
    {
        if (value.Several is not { } several)
        {
            return value;
        }

        int channels = value.Stands.Length;
        return Combined([.. several.Terms.Select(t => t with { Factors = Same(channels, t.Factors[0]) })], Same(channels, several.Offset));
    }

    private static double[]? Numbers(Tensor? numbers) => numbers is null ? null : Binarizer.ToDoubles(numbers);

    private static long Largest(ValueInfo value) => Math.Max(-(long)value.Minimum, value.Maximum);

    private static void RequireExact(long largest)
    {
        if (largest >= LargestExactFloat)
        {
            throw new PackingException($"sums reach {largest}, above 2^24 where float32 is exact; make the layer smaller");
        }
    }

    private static Folding[] Fold(NormLayer norm)
    {
        float[] gamma = norm.Gamma.data<float>().ToArray(),
            beta = norm.Beta.data<float>().ToArray();
        float[] mean = norm.Mean.data<float>().ToArray(),
            variance = norm.Variance.data<float>().ToArray();
        return gamma
            .Select((g, c) => new Folding(norm.Unit * g / Math.Sqrt(variance[c] + NormLayer.Epsilon), mean[c], norm.Unit * beta[c]))
            .ToArray();
    }

    private Requantize ToRequantize(Packed value, int bits)
    {
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(value.Stands, round: true, _scaleBits, Network.Unit);
        return new Requantize(value.Index, multipliers, offsets, shift, bits);
    }

    private PiecewiseLinear ToTwoSlope(TwoSlopeLayer slopes, Packed value)
    {
        double unit = slopes.Unit;
        double[] low = Numbers(slopes.Low)!,
            high = Numbers(slopes.High)!,
            from = Numbers(slopes.In)!,
            to = Numbers(slopes.Out)!;
        ValueInfo input = _model.Values[value.Index];
        int count = low.Length;
        var ends = value
            .Stands.Select((s, c) => (s with { Offset = s.Offset - unit * from[c] }).ToThreshold(input.Minimum, input.Maximum))
            .ToArray();
        // Where the normalization turned the order, the integers from the threshold on are the lower values.
        Folding[] lower = [.. value.Stands.Select((s, c) => Side(s, c, ends[c].Flipped ? high[c] : low[c]))];
        Folding[] upper = [.. value.Stands.Select((s, c) => Side(s, c, ends[c].Flipped ? low[c] : high[c]))];
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint([.. lower, .. upper], round: true); // Written plainly, so few bits would save little.
        return new PiecewiseLinear(
            value.Index,
            ends.Select(e => e.Threshold).ToArray(),
            multipliers.AsMemory(..count),
            offsets.AsMemory(..count),
            multipliers.AsMemory(count..),
            offsets.AsMemory(count..),
            shift
        );

        Folding Side(Folding s, int c, double slope) => s.Then(new Folding(Math.Max(slope, 0), unit * from[c], unit * to[c]));
    }

    private Scores ToScores(Packed value)
    {
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(value.Stands, round: false, _scaleBits);
        return new Scores(value.Index, multipliers, offsets, shift);
    }

    /// <summary>Appends an operation whose integers stand for themselves.</summary>
    private Packed Append(Operation operation)
    {
        int index = _model.Append(operation);
        return new Packed(index, Same(_model.Values[index].Channels, Folding.Identity));
    }

    private static T[] Same<T>(int count, T value) => [.. Enumerable.Repeat(value, count)];

    /// <summary>A value of the packed model.</summary>
    /// <param name="Index">Which; the first plane of several.</param>
    /// <param name="Stands">
    /// What an integer of each channel stands for in the trained network; factors are never negative before a normalization.
    /// </param>
    /// <param name="Several">The planes, where there is more than one; null: the value alone.</param>
    /// <param name="IsCombined">Float64 holds it in evaluation mode, so that it may leave 2^24.</param>
    private readonly record struct Packed(int Index, Folding[] Stands, Several? Several = null, bool IsCombined = false)
    {
        internal Packed Then(Folding next) => Then(Same(Stands.Length, next));

        internal Packed Then(Folding[] next) => this with { Stands = [.. Stands.Zip(next, (s, n) => s.Then(n))] };
    }

    /// <summary>A sum of values.</summary>
    /// <param name="Terms">The values, each with a factor.</param>
    /// <param name="Offset">What is added.</param>
    private sealed record Several(IReadOnlyList<Term> Terms, double Offset);

    /// <summary>One value of a sum.</summary>
    /// <param name="Index">Which value.</param>
    /// <param name="Factors">One for all channels, or one a channel.</param>
    private sealed record Term(int Index, double[] Factors);
}
