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
        if (network.Pixels is not (PixelEncoding.Bytes or PixelEncoding.Bits))
            throw new PackingException($"pixels are seen as {network.Pixels.ToString().ToLowerInvariant()}, not as bytes or bits");
        if (network.ActivationBits == 32)
            throw new PackingException("activations stay float32");
        (int channels, int height, int width) = network.Input;
        bool bits = network.Pixels == PixelEncoding.Bits;
        var input = new ModelInput(channels, height, width, bits ? 1 : 8, bits ? Network.PixelThreshold : (byte)0);
        var model = new ModelBuilder(input);
        try
        {
            IReadOnlyList<nn.Module<Tensor, Tensor>> layers = WithoutDropout(network.Layers);
            int last = Walk(layers, 0, model, outermost: true);
            if (layers[^1] is not NormLayer)
                model.Append(new Scores(last, Same(network.Classes, 1), new long[network.Classes], 0));
            return model.Build(classNames);
        }
        catch (InvalidDataException e)
        {
            throw new PackingException(e.Message.TrimEnd('.'));
        }
    }

    private static int Walk(IReadOnlyList<nn.Module<Tensor, Tensor>> layers, int value, ModelBuilder model, bool outermost)
    {
        float[]? bias = null;
        for (int i = 0; i < layers.Count; i++)
        {
            bool atEnd = i == layers.Count - 1;
            switch (layers[i])
            {
                case WeightLayer layer:
                    value = model.Append(ToLinear(layer, value, model));
                    bias = layer.Bias?.data<float>().ToArray();
                    if (bias is not null && (atEnd || layers[i + 1] is not NormLayer))
                        throw new PackingException("a float bias is not followed by a normalization");
                    break;
                case Network.PlainLayer { Spec: LayerSpec.MaxPool p }:
                    value = model.Append(new MaxPool(value, p.Size, p.Stride));
                    break;
                case Network.PlainLayer { Spec: LayerSpec.AveragePool p }:
                    value = model.Append(new SumPool(value, p.Size, p.Stride));
                    RequireExact(Largest(model.Values[value]));
                    break;
                case NormLayer norm:
                    IReadOnlyList<Folding> folding = Fold(norm, bias);
                    bias = null;
                    if (outermost && atEnd)
                    {
                        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(folding, round: false);
                        value = model.Append(new Scores(value, multipliers, offsets, shift));
                    }
                    else if (!atEnd && layers[i + 1] is ActivationLayer activation)
                    {
                        value = model.Append(activation.Bits == 1
                            ? ToThreshold(value, folding, model.Values[value])
                            : ToRequantize(value, folding, 8));
                        i++;
                    }
                    else
                    {
                        value = model.Append(ToRequantize(value, folding, 16));
                    }
                    break;
                case ActivationLayer activation:
                    ValueInfo bare = model.Values[value];
                    Folding identity = new(1, 0, 0);
                    Folding[] identities = Enumerable.Repeat(identity, bare.Channels).ToArray();
                    value = model.Append(activation.Bits == 1
                        ? ToThreshold(value, identities, bare)
                        : new Requantize(value, Same(bare.Channels, 1), new long[bare.Channels], 0, 8));
                    break;
                case ResidualLayer residual:
                    int inner = Walk(WithoutDropout(residual.Body), value, model, outermost: false);
                    value = model.Append(new Add(Counted(inner, residual.BodyUnit, model), Counted(value, residual.ShortcutUnit, model)));
                    RequireExact(Largest(model.Values[value]));
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

    /// <summary>A residual path counts in codes; signs, and sums of signs, do not yet.</summary>
    private static int Counted(int value, double unit, ModelBuilder model)
    {
        int channels = model.Values[value].Channels;
        return unit == 1 ? value : model.Append(new Requantize(value, Same(channels, (int)unit), new long[channels], 0, 16));
    }

    private static Linear ToLinear(WeightLayer layer, int value, ModelBuilder model)
    {
        if (layer.Binarizer is null)
            throw new PackingException("a layer's weights stay float32");
        if (layer.DividesByRootFanIn)
            throw new PackingException("a layer divides its sums by the square root of the fan-in");
        Tensor weights = layer.Frozen ?? Binarizer.SignOf(layer.Weight);
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
        RequireExact(shape[1] * shape[2] * shape[3] * Largest(model.Values[value]));
        return new Linear(value, (int)shape[0], (int)shape[2], (int)shape[3], layer.Stride, layer.Padding, layer.Groups, plane);
    }

    private static long Largest(ValueInfo value) => Math.Max(-(long)value.Minimum, value.Maximum);

    private static void RequireExact(long largest)
    {
        if (largest >= LargestExactFloat)
            throw new PackingException($"sums reach {largest}, above 2^24 where float32 is exact; make the layer smaller");
    }

    private static Folding[] Fold(NormLayer norm, float[]? bias)
    {
        float[] gamma = norm.Gamma.data<float>().ToArray(), beta = norm.Beta.data<float>().ToArray();
        float[] mean = norm.Mean.data<float>().ToArray(), variance = norm.Variance.data<float>().ToArray();
        return gamma.Select((g, c) => new Folding(
            norm.Unit * g / Math.Sqrt(variance[c] + NormLayer.Epsilon), mean[c] - (bias?[c] ?? 0.0), norm.Unit * beta[c])).ToArray();
    }

    private static Threshold ToThreshold(int value, IReadOnlyList<Folding> folding, ValueInfo input)
    {
        var ends = folding.Select(f => f.ToThreshold(input.Minimum, input.Maximum)).ToArray();
        return new Threshold(value, ends.Select(e => e.Threshold).ToArray(), ends.Select(e => e.Flipped).ToArray());
    }

    private static Requantize ToRequantize(int value, IReadOnlyList<Folding> folding, int bits)
    {
        (int[] multipliers, long[] offsets, int shift) = Folding.ToFixedPoint(folding, round: true);
        return new Requantize(value, multipliers, offsets, shift, bits);
    }

    private static int[] Same(int count, int value) => Enumerable.Repeat(value, count).ToArray();
}
