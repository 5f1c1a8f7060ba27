using System.Text.Json;
using CsCheck;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>The packed network is the trained one, and gives the same integers on torch and on bits.</summary>
public class PackingTests
{
    [Fact]
    public void The_runtime_gives_every_integer_of_evaluation_mode() =>
        RandomlyMade(
            isTieFree: false,
            (network, model, images) =>
            {
                using var folded = new TorchBitModel(model);
                IReadOnlyList<Tensor> values = folded.Trace(images);
                Assert.Equal(model.Operations.Count + 1, values.Count);
                double[][] expected = [.. values.SkipLast(1).Select(v => v.to(ScalarType.Float64).contiguous().data<double>().ToArray())];
                long[] expectedScores = values[^1].data<long>().ToArray();
                Assert.Equal(expectedScores, folded.Scores(images).data<long>().ToArray());
                foreach ((byte[] pixels, int image) in Each(images))
                {
                    int[][] trace = model.Trace(pixels);
                    for (int v = 0; v < trace.Length; v++)
                    {
                        Assert.Equal(expected[v].Skip(image * trace[v].Length).Take(trace[v].Length), trace[v].Select(e => (double)e));
                    }

                    long[] scores = new long[model.ClassCount];
                    int chosen = model.Predict(pixels, scores);
                    Assert.Equal(expectedScores.Skip(image * scores.Length).Take(scores.Length), scores);
                    Assert.Equal(Array.IndexOf(scores, scores.Max()), chosen);
                }
            }
        );

    [Fact]
    public void The_packed_network_gives_the_integers_of_the_float_network_where_rounding_decides_nothing()
    {
        int different = 0;
        RandomlyMade(
            isTieFree: true,
            (network, model, images) =>
            {
                // All but the last normalization.
                Tensor[] values = network.Trace(network.Prepare(images));
                float[] sums = values[network.Nodes[^1].Module is BatchNormModule ? ^2 : ^1].flatten().data<float>().ToArray();
                float[] logits = network.forward(network.Prepare(images)).flatten().data<float>().ToArray();
                double one = Math.ScaleB(1, ((Scores)model.Operations[^1]).Shift);
                foreach ((byte[] pixels, int image) in Each(images))
                {
                    int[] last = model.Trace(pixels)[^1];
                    // Elsewhere a sum stands for a multiple of itself and more.
                    if (
                        network is { Method: BinaryConnect or BinaryNet, Pixels: not PixelEncoding.Signs }
                        && network.WeightModules.Last().Bias is null
                        && !network.Spec.Layers.OfType<GeluLayer>().Any()
                    )
                    {
                        Assert.Equal(sums.Skip(image * last.Length).Take(last.Length), last.Select(s => (float)s));
                    }

                    long[] scores = new long[model.ClassCount];
                    model.Predict(pixels, scores);
                    for (int c = 0; c < scores.Length; c++)
                    {
                        Assert.Equal(
                            logits[image * scores.Length + c],
                            scores[c] / one,
                            1e-4 * (1 + Math.Abs(logits[image * scores.Length + c]))
                        );
                    }
                }
                different += sums.Chunk(network.Classes).Select(s => string.Join(' ', s)).Distinct().Count();
            }
        );
        // Networks that give the same for every image would say nothing.
        Assert.InRange(different, 300, int.MaxValue);
    }

    [Theory]
    [InlineData("abc", 1, 1)]
    [InlineData("abc", 2, 2)]
    [InlineData("abc", 5, 3)]
    [InlineData("lq", 1, 1)]
    [InlineData("lq", 2, 2)]
    [InlineData("lq", 3, 4)]
    [InlineData("adabin", 1, 1)]
    [InlineData("ternary", 2, 1)]
    [InlineData("ternary", 2, 8)]
    [InlineData("bitwise", 2, 1)]
    [InlineData("xnor", 1, 1)]
    [InlineData("irnet", 1, 8)]
    public void Planes_of_any_size_add_up_to_the_float_network_but_for_rounding(string method, int weightBits, int activationBits)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        manual_seed(1);
        using Network network = Networks.Create(
            """
            [
              { "type": "conv", "filters": 8, "kernel": 3 }, { "type": "batchNorm" }, { "type": "activation", "name": "a" },
              { "type": "concat", "from": ["a", "a"] }, { "type": "conv", "filters": 8, "kernel": 3 }, { "type": "batchNorm" },
              { "type": "activation" },
              { "type": "dense" }, { "type": "batchNorm" }
            ]
            """,
            Method.Named(method),
            (1, 8, 8),
            4,
            activationBits: activationBits,
            weightBits: weightBits
        );
        Tensor images = randint(0, 256, [200, 1, 8, 8], ScalarType.Byte);
        foreach (nn.Module binarizer in network.modules().Where(m => m is ActivationBinarizer))
        {
            RandomNetworks.Disturb(binarizer, new Random(1));
        }

        network.train();
        for (int i = 0; i < 50; i++)
        {
            network.forward(network.Prepare(images));
        }

        network.eval();
        BitModel model = Packer.Pack(network);
        double one = Math.ScaleB(1, ((Scores)model.Operations[^1]).Shift);
        float[] logits = network.forward(network.Prepare(images)).flatten().data<float>().ToArray();
        double[] errors =
        [
            .. Each(images)
                .Select(image =>
                {
                    long[] scores = new long[4];
                    model.Predict(image.Pixels, scores);
                    return scores.Select((s, c) => Math.Abs(s / one - logits[image.Image * 4 + c])).Max();
                })
                .Order(),
        ];
        // Sizes become multipliers of 12 bits. That may also bring a value across a threshold, but for few of the images.
        Assert.InRange(logits.Max() - logits.Min(), 1, double.PositiveInfinity);
        Assert.InRange(errors[100], 0, 0.002);
        Assert.InRange(errors[180], 0, 0.05);
    }

    [Fact]
    public void Normalizations_of_few_bits_make_a_smaller_file()
    {
        manual_seed(1);
        using Network network = Networks.Create(
            """
            [
              { "type": "conv", "filters": 32, "kernel": 3 }, { "type": "batchNorm" }, { "type": "activation" },
              { "type": "dense" }, { "type": "batchNorm" }
            ]
            """,
            new BinaryConnect(),
            (1, 8, 8),
            10
        );
        foreach (BatchNormModule norm in network.BatchNormModules)
        {
            using var _ = no_grad();
            norm.Gamma.uniform_(0.5, 1.5);
            norm.Beta.uniform_(-1, 1);
        }
        int[] bytes = [.. new[] { 14, 8, 4, 2 }.Select(bits => Packer.Pack(network, scaleBits: bits).ToBytes().Length)];
        Assert.Equal(bytes[..3].OrderDescending(), bytes[..3]);
        Assert.InRange(bytes[3], 0, bytes[1] - 1); // 2 bits against 4 may end a byte or two either way.
        // A channel saves 10 bits of its multiplier from 14 to 4, and as many of its offset, give or take whole bytes and headers.
        Assert.InRange(bytes[0] - bytes[2], 42 * 10 / 8, 42 * 30 / 8);
    }

    [Theory]
    [InlineData("""[{ "type": "dense", "binarize": false }]""", "layer 1 (dense): its weights stay float32")]
    [InlineData(
        """[{ "type": "dense" }, { "type": "scale", "by": -0.5 }]""",
        "a scale is not above 0, so that max-pooling would turn to the smallest value"
    )]
    [InlineData("""[{ "type": "dense" }, { "type": "learnedScale" }]""", "a learnedScale layer has no integer form")]
    [InlineData(
        """[{ "type": "conv", "filters": 2, "kernel": 1 }, { "type": "dense" }]""",
        "weights of one bit are multiplied with signs or codes, not with integers"
    )]
    public void What_has_no_integer_form_is_named(string layers, string reason)
    {
        using Network network = Networks.Create(layers, new BinaryConnect(), (1, 4, 4), 3);
        Assert.EndsWith(reason, Assert.Throws<PackingException>(() => Packer.Pack(network)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Float_pixels_activations_and_weights_are_not_packed()
    {
        const string Layers = """[{ "type": "dense" }, { "type": "batchNorm" }]""";
        using Network pixels = Networks.Create(Layers, new BinaryConnect(), (1, 4, 4), 3, PixelEncoding.Normalized);
        Assert.Equal(
            "pixels are seen as normalized, not as bytes, bits or signs",
            Assert.Throws<PackingException>(() => Packer.Pack(pixels)).Message
        );
        using Network activations = Networks.Create(Layers, new BinaryConnect(), (1, 4, 4), 3, activationBits: 32);
        Assert.Equal("activations stay float32", Assert.Throws<PackingException>(() => Packer.Pack(activations)).Message);
        using Network latent = Networks.Create(Layers, new BinaryConnect(), (1, 4, 4), 3);
        latent.WeightModules.Single().Frozen = latent.WeightModules.Single().Weight;
        Assert.Equal(
            "layer 1 (dense): its frozen weights are not signs",
            Assert.Throws<PackingException>(() => Packer.Pack(latent)).Message
        );
    }

    [Theory]
    [InlineData("""[{ "type": "dense" }]""", 257, 257)] // 257 * 257 * 255 is just above 2^24.
    [InlineData(
        """
            [
              { "type": "conv", "filters": 1, "kernel": 99 }, { "type": "averagePool", "size": 8 }, { "type": "batchNorm" },
              { "type": "activation" }, { "type": "dense" }
            ]
            """,
        107,
        107
    )]
    public void Sums_that_float32_does_not_hold_exactly_are_refused(string layers, int height, int width)
    {
        using Network network = Networks.Create(layers, new BinaryConnect(), (1, height, width), 2, zeroInit: true);
        Assert.Matches("sums reach .* above 2\\^24", Assert.Throws<PackingException>(() => Packer.Pack(network)).Message);
    }

    [Fact]
    public void Frozen_weights_are_packed_in_place_of_the_latent_ones()
    {
        using Network network = Networks.Create("""[{ "type": "dense" }]""", new BinaryConnectStochastic(), (1, 1, 3), 2);
        network.WeightModules.Single().Frozen = tensor(new float[] { 1, -1, 1, -1, -1, 1 }, [2, 1, 1, 3]);
        Assert.Equal([0b100101], ((Linear)Packer.Pack(network).Operations[0]).Weights.ToArray());
    }

    [Fact]
    public void Shifts_scales_biases_and_levels_become_thresholds()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Threshold First(string layers, Method method, PixelEncoding pixels, Action<Network> set)
        {
            using Network network = Networks.Create(layers, method, (1, 1, 3), 2, pixels);
            set(network);
            return Packer.Pack(network).Operations.OfType<Threshold>().First();
        }

        // Pixels in codes, 32 to one: +1 from 32 x 0.5 = 16 on.
        Assert.Equal(
            [16],
            First(
                """[{ "type": "activation" }, { "type": "dense" }]""",
                new ReActNet(),
                PixelEncoding.Bytes,
                n => n.modules().OfType<ShiftedSign>().Single().Shift.fill_(0.5)
            )
                .Thresholds.ToArray()
        );
        // Weights 0.5 and -0.25: size (0.5 + 0.5 + 0.5) / 3 = 0.5 and 0.25. With bytes u = w . x in signs the layer gives 0.5 u + 3 >= 0
        // from u = -6 on, and 0.25 u - 5 >= 0 from 20 on.
        Assert.Equal(
            [-6, 20],
            First(
                """[{ "type": "dense", "units": 2, "bias": true }, { "type": "activation" }, { "type": "dense" }]""",
                new XnorNet(),
                PixelEncoding.Bytes,
                n =>
                {
                    WeightModule layer = n.WeightModules.First();
                    layer.Weight.copy_(tensor(new[] { 0.5f, 0.5f, -0.5f, -0.25f, -0.25f, 0.25f }, [2, 1, 1, 3]));
                    layer.Bias!.copy_(tensor(new[] { 3f, -5 }));
                }
            )
                .Thresholds.ToArray()
        );
        // Pixels -1 and +1 are bits x: w . (2x - 1) + b = 2 w . x - (1 + 1 - 1) + 1 >= 0 from 0 on, and with b = -1 from 1 on.
        Assert.Equal(
            [0, 1],
            First(
                """[{ "type": "dense", "units": 2, "bias": true }, { "type": "activation" }, { "type": "dense" }]""",
                new Bitwise(),
                PixelEncoding.Signs,
                n =>
                {
                    WeightModule layer = n.WeightModules.First();
                    layer.Weight.copy_(tensor(new[] { 0.5f, 0.5f, -0.5f, 0.1f, 0.2f, -0.3f }, [2, 1, 1, 3]));
                    layer.Bias!.copy_(tensor(new[] { 0.3f, -0.2f }));
                }
            )
                .Thresholds.ToArray()
        );
    }

    [Fact]
    public void Around_sums_of_signs_the_padding_is_a_sum_of_signs_too()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """
            [
              { "type": "averagePool", "size": 2 }, { "type": "conv", "filters": 1, "kernel": 3, "padding": 1 }, { "type": "batchNorm" },
              { "type": "activation" }, { "type": "dense" }
            ]
            """,
            new BinaryNet(),
            (1, 2, 2),
            2,
            PixelEncoding.Signs
        );
        WeightModule layer = network.WeightModules.First();
        Assert.Equal(-4, network.Nodes[1].Inputs[0].Padding());
        using var _ = no_grad();
        layer.Weight.fill_(1);
        // Pixels + - / - - sum to -2, and the eight places around it to -32. Packed: pixels of one bit sum to 1, and 2 x 1 - 4 - 8 x 4 =
        // -34.
        Tensor image = tensor(new byte[] { 9, 0, 0, 0 }, [1, 1, 2, 2]);
        Assert.Equal(-34, network.Nodes[1].Forward(network.Nodes[0].Forward(network.Prepare(image))).item<float>());
        network.BatchNormModules.Single().Mean.fill_(-34);
        network.eval();
        BitModel model = Packer.Pack(network);
        Assert.Equal([1], model.Trace([9, 0, 0, 0])[2]);
        Assert.Equal([1], model.Operations.OfType<Threshold>().Single().Thresholds.ToArray());
    }

    /// <summary>Random networks with their packed models and some images.</summary>
    private static void RandomlyMade(bool isTieFree, Action<Network, BitModel, Tensor> check)
    {
        const int Networks = 150;
        Gen.Int.Sample(Check, iter: Networks, threads: 1);

        void Check(int seed)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var random = new Random(seed);
            using Network network = RandomNetworks.Create(random, isTieFree);
            try
            {
                // Few bits round the normalizations, which no float network does.
                int scaleBits = isTieFree ? 14 : random.Next(1, 15);
                check(network, Packer.Pack(network, scaleBits: scaleBits), RandomNetworks.Images(network, random, 5));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"{network.Method.Name} {network.Input} {network.Pixels} {network.ActivationBits} bits: "
                        + $"{JsonSerializer.Serialize(network.Spec, Experiment.Json)}",
                    e
                );
            }
        }
    }

    private static IEnumerable<(byte[] Pixels, int Image)> Each(Tensor images)
    {
        byte[] pixels = images.data<byte>().ToArray();
        return pixels.Chunk(pixels.Length / (int)images.shape[0]).Select((p, i) => (p, i));
    }
}
