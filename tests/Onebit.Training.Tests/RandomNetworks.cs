using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Binarized networks at random, whose normalizations have the statistics of their own activations.</summary>
internal static class RandomNetworks
{
    private static readonly Method[] s_binarized = [.. Method.All.Where(m => m.Binarizes && m is not BinaryConnectStochastic)];

    // Whose levels can all be powers of two, with nothing between.
    private static readonly Method[] s_ofOneSize = [.. s_binarized.Where(m => m is not (AbcNet or LqNets or AdaBin or Ternary))];
    private static readonly PixelEncoding[] s_pixels = [PixelEncoding.Bytes, PixelEncoding.Bytes, PixelEncoding.Bits, PixelEncoding.Signs];

    /// <summary>Builds a network of <see cref="RandomLayers"/>; factors of normalizations are positive, negative and 0.</summary>
    /// <param name="random">Where all of it comes from.</param>
    /// <param name="isTieFree">
    /// Factors are powers of two, and no folded value comes near 0 or the middle between two codes, so that the
    /// rounding of floats decides nothing: the float network has to give the integers of the packed one.
    /// </param>
    public static Network Create(Random random, bool isTieFree)
    {
        manual_seed(random.Next());
        // The method's own activations, or 8-bit ones behind its weights.
        Method method = isTieFree ? s_ofOneSize[random.Next(s_ofOneSize.Length)] : s_binarized[random.Next(s_binarized.Length)];
        int bits = random.Next(3) == 0 ? 8 : random.Next(1, isTieFree ? 2 : method.MaxActivationBits + 1);
        int weightBits = random.Next(method.WeightBits, isTieFree ? 2 : method.MaxWeightBits + 1);
        var layers = new RandomLayers(random, bits, isTieFree);
        var network = new Network(
            layers.Network,
            method,
            layers.Input,
            layers.Classes,
            s_pixels[random.Next(s_pixels.Length)],
            bits,
            weightBits,
            pixelThreshold: (byte)random.Next(1, 256)
        );
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (BatchNormModule norm in network.BatchNormModules)
        {
            Set(norm.Gamma, _ => random.Next(8) == 0 ? 0 : (random.Next(2) == 0 ? 1 : -1) * Math.Exp(random.NextDouble() * 2 - 1));
            Set(norm.Beta, _ => random.NextDouble() * 2 - 1);
        }
        foreach (nn.Module module in network.modules().Where(m => m is ActivationBinarizer or PiecewiseLinearModule))
        {
            Disturb(module, random);
        }

        if (isTieFree)
        {
            // Of one size a layer, so that a method's scale is a power of two.
            foreach (WeightModule layer in network.WeightModules)
            {
                layer.Weight.copy_(layer.Weight.sign() * Math.Pow(2, random.Next(-1, 2)));
            }
        }
        network.train();
        for (int i = 0; i < 10; i++)
        {
            network.forward(network.Prepare(Images(network, random, 6)));
        }

        network.eval();
        if (isTieFree)
        {
            foreach (BatchNormModule norm in network.BatchNormModules)
            {
                RemoveTies(norm);
            }

            foreach (WeightModule layer in network.WeightModules.Where(l => l.Bias is not null))
            {
                Set(layer.Bias!, _ => random.Next(-9, 10));
            }
        }
        return network;
    }

    /// <summary>Moves what a module has learned, by whole 32nds.</summary>
    public static void Disturb(nn.Module module, Random random)
    {
        using var _ = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in module.parameters())
        {
            parameter.add_(
                tensor(
                    Enumerable
                        .Range(0, (int)parameter.numel())
                        .Select(_ =>
                            (float)(random.Next(-EightBitRelu.CodesPerOne, EightBitRelu.CodesPerOne) / (double)EightBitRelu.CodesPerOne)
                        )
                        .ToArray()
                )
            );
        }
    }

    /// <summary>Images of bytes at random, the first two black and white.</summary>
    public static Tensor Images(Network network, Random random, int count)
    {
        (int channels, int height, int width) = network.Input;
        int length = channels * height * width;
        byte[] pixels = new byte[count * length];
        random.NextBytes(pixels);
        pixels.AsSpan(0, length).Clear();
        pixels.AsSpan(length, length).Fill(255);
        return tensor(pixels, [count, channels, height, width], ScalarType.Byte);
    }

    private static void RemoveTies(BatchNormModule norm)
    {
        float[] gamma = norm.Gamma.data<float>().ToArray(),
            beta = norm.Beta.data<float>().ToArray();
        float[] mean = norm.Mean.data<float>().ToArray(),
            variance = norm.Variance.data<float>().ToArray();
        double Factor(int c) =>
            gamma[c] == 0
                ? 0
                : Math.Sign(gamma[c])
                    * Math.Pow(
                        2,
                        Math.Clamp(
                            Math.Round(Math.Log2(Math.Abs(gamma[c]) * norm.CodesPerOne / Math.Sqrt(variance[c] + BatchNormModule.Epsilon))),
                            -8,
                            2
                        )
                    );
        Set(norm.Gamma, c => Factor(c) / norm.CodesPerOne);
        Set(norm.Variance, _ => 1 - BatchNormModule.Epsilon);
        Set(norm.Mean, c => Math.Round(mean[c]));
        // Multiples of the factor, moved by a quarter of it, or by a quarter of a code where that is less.
        Set(
            norm.Beta,
            c => (Math.Round(beta[c] * norm.CodesPerOne) + (Factor(c) == 0 ? 1 : Math.Min(1, Math.Abs(Factor(c)))) / 4) / norm.CodesPerOne
        );
    }

    private static void Set(Tensor values, Func<int, double> value) =>
        values.copy_(tensor(Enumerable.Range(0, (int)values.numel()).Select(c => (float)value(c)).ToArray()));
}
