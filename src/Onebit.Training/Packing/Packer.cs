using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Turns a trained network into bits, thresholds and integer affines. Batch normalization is folded into them
/// (its operation follows it in the list), average pooling into sums. What comes out is the network's evaluation
/// mode by definition; <see cref="FoldedNetwork"/> runs it on torch, <see cref="BitModel"/> on bits.
/// </summary>
public static class Packer
{
    // Sums have to be exact in float32, where training and evaluation hold them.
    private const int LargestExactFloat = 1 << 24;

    /// <summary>Packs the weights as they are: <see cref="WeightLayer.Frozen"/> where set, else the sign of the latent ones.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="classNames">One name a class; null: numbers.</param>
    /// <exception cref="PackingException">A layer has no integer form.</exception>
    public static BitModel Pack(Network network, IReadOnlyList<string>? classNames = null)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (network.InputBits == 32)
            throw new PackingException($"pixels are seen as {network.Pixels.ToString().ToLowerInvariant()}, not as bytes, bits or signs");
        if (network.ActivationBits == 32)
            throw new PackingException("activations stay float32");
        (int channels, int height, int width) = network.Input;
        byte threshold = network.Pixels switch { PixelEncoding.Bits => Network.PixelThreshold, PixelEncoding.Signs => 1, _ => 0 };
        var input = new ModelInput(channels, height, width, network.InputBits, threshold);
        var model = new ModelBuilder(input);
        // Signs are packed as bits: what is 0 there stands for -1.
        Folding seen = network.Pixels == PixelEncoding.Signs ? new(2, 0, -1) : Folding.Identity;
        try
        {
            IReadOnlyList<nn.Module<Tensor, Tensor>> layers = WithoutDropout(network.Layers);
            Packed last = Walk(layers, new Packed(0, Same(channels, seen)), model, outermost: true);
            if (layers[^1] is not NormLayer)
                Append(ToScores(last), model);
            return model.Build(classNames);
        }
        catch (InvalidDataException e)
        {
            throw new PackingException(e.Message.TrimEnd('.'));
        }
    }

    private static Packed Walk(IReadOnlyList<nn.Module<Tensor, Tensor>> layers, Packed value, ModelBuilder model, bool outermost)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            bool atEnd = i == layers.Count - 1;
            switch (layers[i])
            {
                case WeightLayer layer:
                    value = Weighted(layer, value, model);
                    break;
                case Network.PlainLayer { Spec: LayerSpec.MaxPool p }:
                    value = value with { Index = model.Append(new MaxPool(value.Index, p.Size, p.Stride)) };
                    break;
                case Network.PlainLayer { Spec: LayerSpec.AveragePool p }:
                    double area = p.Size * p.Size;
                    value = new Packed(
                        model.Append(new SumPool(value.Index, p.Size, p.Stride)),
                        [.. value.Stands.Select(s => new Folding(s.Factor, s.Mean * area, s.Offset * area))]);
                    RequireExact(Largest(model.Values[value.Index]));
                    break;
                case Network.PlainLayer { Spec: LayerSpec.Scale s }:
                    if (s.By <= 0)
                        throw new PackingException("a scale is not above 0, so that max-pooling would turn to the smallest value");
                    value = value.Then(new Folding(s.By, 0, 0));
                    break;
                case NormLayer norm:
                    value = value.Then(Fold(norm));
                    if (outermost && atEnd)
                        value = Append(ToScores(value), model);
                    else if (atEnd || layers[i + 1] is not ActivationLayer)
                        value = Append(ToRequantize(value, 16), model);
                    break;
                case ActivationLayer activation:
                    value = activation.Binarizer is { } sign ? Thresholded(activation, sign, value, model) : Append(ToRequantize(value, 8), model);
                    break;
                case ResidualLayer residual:
                    Packed inner = Walk(WithoutDropout(residual.Body), value, model, outermost: false);
                    value = Append(new Add(Counted(inner, residual.BodyUnit, model), Counted(value, residual.ShortcutUnit, model)), model);
                    RequireExact(Largest(model.Values[value.Index]));
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
    private static int Counted(Packed value, double unit, ModelBuilder model)
    {
        Packed counted = value.Then(new Folding(unit, 0, 0));
        return counted.Stands.All(s => s == Folding.Identity) ? value.Index : Append(ToRequantize(counted, 16), model).Index;
    }

    private static Packed Weighted(WeightLayer layer, Packed value, ModelBuilder model)
    {
        if (!layer.IsBinarized)
            throw new PackingException("a layer's weights stay float32");
        WeightBinarizer binarizer = layer.Binarizer!;
        Tensor weights = layer.Frozen ?? binarizer.Signs(layer.Weight);
        long[] shape = weights.shape;
        float[] levels = weights.flatten().data<float>().ToArray();
        byte[] plane = new byte[(levels.Length + 7) / 8];
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] is not (1 or -1))
                throw new PackingException("a layer's frozen weights are not signs");
            if (levels[i] > 0)
                plane[i / 8] |= (byte)(1 << (i % 8));
        }
        RequireExact(shape[1] * shape[2] * shape[3] * Largest(model.Values[value.Index]));
        int index = model.Append(new Linear(
            value.Index, (int)shape[0], (int)shape[2], (int)shape[3], layer.Stride, layer.Padding, layer.Groups, plane));

        // What a packed input of 0 stands for counts once a weight, whichever the input.
        Folding input = value.Stands[0];
        if (value.Stands.Any(s => s != input))
            throw new PackingException("a layer reads channels of different scales; put a normalization or an activation before it");
        float[] sums = weights.sum([1, 2, 3]).data<float>().ToArray();
        float[]? scales = layer.Frozen is null ? binarizer.Scale(layer.Weight)?.flatten().data<float>().ToArray() : null;
        float[]? bias = layer.Bias is null ? null : binarizer.Bias(layer.Bias).data<float>().ToArray();
        return new Packed(index, [.. sums.Select((sum, o) =>
        {
            double scale = scales?[o] ?? 1;
            return new Folding(scale * input.Factor, 0, scale * input.At(0) * sum + (bias?[o] ?? 0)).Then(new Folding(layer.OutputScale, 0, 0));
        })]);
    }

    private static Packed Thresholded(ActivationLayer activation, ActivationBinarizer sign, Packed value, ModelBuilder model)
    {
        float[]? shifts = activation.Shift?.data<float>().ToArray();
        ValueInfo input = model.Values[value.Index];
        var ends = value.Stands.Select((s, c) =>
            (s with { Offset = s.Offset - Network.Unit * (sign.Threshold + (shifts?[c] ?? 0)) }).ToThreshold(input.Minimum, input.Maximum)).ToArray();
        int index = model.Append(new Threshold(value.Index, ends.Select(e => e.Threshold).ToArray(), ends.Select(e => e.Flipped).ToArray()));
        // Levels of Low and 1 are packed as signs.
        return new Packed(index, Same(ends.Length, new((1 - sign.Low) / 2, 0, (1 + sign.Low) / 2)));
    }

    private static long Largest(ValueInfo value) => Math.Max(-(long)value.Minimum, value.Maximum);

    private static void RequireExact(long largest)
    {
        if (largest >= LargestExactFloat)
            throw new PackingException($"sums reach {largest}, above 2^24 where float32 is exact; make the layer smaller");
    }

    private static Folding[] Fold(NormLayer norm)
    {
        float[] gamma = norm.Gamma.data<float>().ToArray(), beta = norm.Beta.data<float>().ToArray();
        float[] mean = norm.Mean.data<float>().ToArray(), variance = norm.Variance.data<float>().ToArray();
        return gamma.Select((g, c) => new Folding(
            norm.Unit * g / Math.Sqrt(variance[c] + NormLayer.Epsilon), mean[c], norm.Unit * beta[c])).ToArray();
    }

    private static Requantize ToRequantize(Packed value, int bits)
    {
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(value.Stands, round: true);
        return new Requantize(value.Index, multipliers, offsets, shift, bits);
    }

    private static Scores ToScores(Packed value)
    {
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(value.Stands, round: false);
        return new Scores(value.Index, multipliers, offsets, shift);
    }

    /// <summary>Appends an operation whose integers stand for themselves.</summary>
    private static Packed Append(Operation operation, ModelBuilder model)
    {
        int index = model.Append(operation);
        return new Packed(index, Same(model.Values[index].Channels, Folding.Identity));
    }

    private static Folding[] Same(int count, Folding value) => [.. Enumerable.Repeat(value, count)];

    /// <summary>A value of the packed model.</summary>
    /// <param name="Index">Which.</param>
    /// <param name="Stands">What an integer of each channel stands for in the trained network; factors are never negative before a normalization.</param>
    private readonly record struct Packed(int Index, Folding[] Stands)
    {
        internal Packed Then(Folding next) => Then(Same(Stands.Length, next));

        internal Packed Then(Folding[] next) => this with { Stands = [.. Stands.Zip(next, (s, n) => s.Then(n))] };
    }
}
