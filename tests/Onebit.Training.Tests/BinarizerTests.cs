using CsCheck;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Levels and pseudo-gradients against values worked out by hand.</summary>
public class BinarizerTests
{
    private static readonly float s_aboveOne = MathF.BitIncrement(1);

    [Fact]
    public void The_sign_of_a_weight_is_never_0_and_its_gradient_is_passed_on()
    {
        float[] latent = [-2, -1, -0.3f, -1e-30f, -float.Epsilon, -0f, 0, float.Epsilon, 1e-30f, 0.3f, 1, 2];
        (float[] levels, float[] gradient) = Run(new SignWeights(), latent);
        Assert.Equal([-1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1], levels);
        Assert.Equal(Upstream(latent.Length), gradient);
    }

    [Fact]
    public void The_sign_of_an_activation_passes_its_gradient_from_minus_1_to_1()
    {
        float[] x = [-2, -s_aboveOne, -1, -0.3f, -1e-30f, -0f, 0, 1e-30f, 0.3f, 1, s_aboveOne, 2];
        (float[] levels, float[] gradient) = Run(new SignActivation(), x);
        Assert.Equal([-1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1], levels);
        Assert.Equal([0, 0, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0], gradient);
    }

    [Fact]
    public void Levels_are_exactly_minus_1_and_1_whatever_the_latent_value()
    {
        // Sign, exponent and mantissa at random: from the smallest float to the largest.
        Gen.Float.Where(float.IsFinite)
            .Array[1, 50]
            .Sample(
                latent =>
                {
                    float[] expected = [.. latent.Select(w => w >= 0 ? 1f : -1f)];
                    Assert.Equal(expected, Run(new SignWeights(), latent).Levels);
                    Assert.Equal(expected, Run(new SignActivation(), latent).Levels);
                    Assert.All(Run(new StochasticWeights(), latent).Levels, level => Assert.True(level is 1 or -1));
                },
                iter: 200,
                threads: 1
            );
    }

    [Fact]
    public void The_8_bit_relu_rounds_clamps_and_passes_its_gradient_between_0_and_255()
    {
        float[] x = [-300, -0.6f, -0.4f, -0f, 0, 0.4f, 0.6f, 1, 1.4f, 127.6f, 254.6f, 255, MathF.BitIncrement(255), 255.6f, 1e6f];
        (float[] codes, float[] gradient) = Run(new EightBitRelu(), x);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 128, 255, 255, 255, 255, 255], codes);
        Assert.Equal([0, 0, 0, 0, 0, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0], gradient);
    }

    [Theory]
    [InlineData(-1.5f, 0)]
    [InlineData(-1, 0)]
    [InlineData(-0.5f, 0.25)]
    [InlineData(0, 0.5)]
    [InlineData(0.5f, 0.75)]
    [InlineData(1, 1)]
    [InlineData(1.5f, 1)]
    public void A_stochastic_weight_is_1_with_the_probability_of_the_hard_sigmoid(float latent, double probability)
    {
        const int Draws = 40_000;
        manual_seed(1);
        float[] levels = Run(new StochasticWeights(), [.. Enumerable.Repeat(latent, Draws)]).Levels;
        double deviation = Math.Sqrt(Draws * probability * (1 - probability));
        Assert.InRange(levels.Count(level => level == 1) - Draws * probability, -5 * deviation, 5 * deviation);
    }

    [Fact]
    public void Stochastic_weights_are_drawn_anew_in_each_pass_and_again_by_the_same_seed()
    {
        float[] latent = new float[100];
        float[] Seeded(int seed)
        {
            manual_seed(seed);
            return Run(new StochasticWeights(), latent).Levels;
        }

        float[] first = Seeded(1),
            next = Run(new StochasticWeights(), latent).Levels;
        Assert.NotEqual(first, next);
        Assert.NotEqual(first, Seeded(2));
        Assert.Equal(first, Seeded(1));
    }

    [Fact]
    public void The_gradient_of_a_stochastic_weight_is_passed_on()
    {
        float[] latent = [-2, -1, -0.5f, 0, 0.5f, 1, 2];
        Assert.Equal(Upstream(latent.Length), Run(new StochasticWeights(), latent).Gradient);
    }

    [Fact]
    public void The_approximate_sign_has_a_triangle_for_a_gradient()
    {
        // Bi-Real Net: 2 + 2x for -1 <= x < 0, 2 - 2x for 0 <= x < 1, else 0; times the upstream gradients 1, 2, 3 ...
        float[] x = [-1.5f, -1, -0.75f, -0.25f, 0, 0.25f, 0.5f, 1, 2];
        (float[] levels, float[] gradient) = Run(new ApproxSign(), x);
        Assert.Equal([-1, -1, -1, -1, 1, 1, 1, 1, 1], levels);
        // -0.75: 3 x 0.5; -0.25: 4 x 1.5; 0: 5 x 2; 0.25: 6 x 1.5; 0.5: 7 x 1.
        Assert.Equal([0, 0, 1.5f, 6, 10, 9, 7, 0, 0], gradient);
    }

    [Fact]
    public void DoReFa_rounds_an_activation_of_one_bit_at_a_half()
    {
        // round(clip(x, 0, 1)), and its gradient is the clip's.
        float[] x = [-0.5f, -0.001f, 0, 0.25f, 0.499f, 0.5f, 0.75f, 1, 1.001f, 3];
        (float[] codes, float[] gradient) = Run(new DoReFaActivation(), x);
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], codes);
        Assert.Equal([0, 0, 3, 4, 5, 6, 7, 8, 0, 0], gradient);
    }

    [Theory]
    [InlineData(0, 0.1, 10)] // t = 10^-1, k = 1/t
    [InlineData(0.5, 1, 1)]
    [InlineData(1, 10, 1)] // t = 10, k = max(1/10, 1)
    public void The_error_decay_estimator_tightens_from_the_identity_to_the_sign(double progress, double t, double k)
    {
        float[] x = [-1.5f, -0.2f, 0, 0.05f, 1];
        (float[] levels, float[] gradient) = Run(new ErrorDecaySign(), x, progress);
        Assert.Equal([-1, -1, 1, 1, 1], levels);
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal((i + 1) * k * t * (1 - Math.Pow(Math.Tanh(t * x[i]), 2)), gradient[i], 1e-5);
        }
    }

    [Fact]
    public void The_sign_with_the_gradient_of_tanh()
    {
        (float[] levels, float[] gradient) = Run(new TanhSign(), [-0.5f, 0, 2]);
        Assert.Equal([-1, 1, 1], levels);
        // tanh(0.5) = 0.462117, 1 - 0.213552 = 0.786448; tanh(2) = 0.964028, 1 - 0.929349 = 0.070651.
        Assert.Equal([0.786448, 2, 3 * 0.070651], gradient.Select(g => (double)g), Near);
    }

    [Fact]
    public void XNOR_weights_have_the_mean_absolute_size_of_their_output_and_a_gradient_of_two_terms()
    {
        // Two outputs of four weights. Sizes: (0.5 + 0.25 + 1.25 + 0) / 4 = 0.5 and (1 + 1 + 0.5 + 0.5) / 4 = 0.75.
        float[] latent = [0.5f, -0.25f, 1.25f, 0, -1, 1, -0.5f, 0.5f];
        (float[] levels, float[] gradient) = Run(new XnorWeights(), latent, shape: [2, 4, 1, 1]);
        Assert.Equal([0.5f, -0.5f, 0.5f, 0.5f, -0.75f, 0.75f, -0.75f, 0.75f], levels);
        // 1/n + a where |w| <= 1: 0.25 + 0.5 and 0.25 + 0.75; 1/n = 0.25 for the weight of 1.25.
        Assert.Equal([1 * 0.75f, 2 * 0.75f, 3 * 0.25f, 4 * 0.75f, 5, 6, 7, 8], gradient);
    }

    [Fact]
    public void Bi_Real_weights_pass_their_gradient_from_minus_1_to_1()
    {
        float[] latent = [0.5f, -0.25f, 1.25f, 0, -1, 1, -0.5f, 0.5f];
        (float[] levels, float[] gradient) = Run(new ScaledSignWeights(), latent, shape: [2, 1, 2, 2]);
        Assert.Equal([0.5f, -0.5f, 0.5f, 0.5f, -0.75f, 0.75f, -0.75f, 0.75f], levels);
        Assert.Equal([1, 2, 0, 4, 5, 6, 7, 8], gradient);
    }

    [Fact]
    public void DoReFa_weights_have_one_size_a_layer_and_pass_their_gradient()
    {
        // (0.5 + 0.25 + 1.25 + 0 + 1 + 1 + 0.5 + 0.5) / 8 = 0.625.
        float[] latent = [0.5f, -0.25f, 1.25f, 0, -1, 1, -0.5f, 0.5f];
        (float[] levels, float[] gradient) = Run(new DoReFaWeights(), latent, shape: [2, 4, 1, 1]);
        Assert.Equal([0.625f, -0.625f, 0.625f, 0.625f, -0.625f, 0.625f, -0.625f, 0.625f], levels);
        Assert.Equal(Upstream(8), gradient);
    }

    [Fact]
    public void IR_Net_weights_are_balanced_and_standardized_first()
    {
        // Mean 0.5, so v = (-0.5, -0.5, -0.5, 1.5) / deviation. The deviation is sqrt((3 x 0.25 + 2.25) / (4 - 1)) = 1, mean |v| = 0.75:
        // s = round(log2 0.75) = round(-0.415) = 0. Without balancing three of these signs would be +1.
        float[] latent = [0, 0, 0, 2];
        (float[] levels, float[] gradient) = Run(new IrNetWeights(), latent, progress: 0.5, shape: [1, 4, 1, 1]);
        Assert.Equal([-1, -1, -1, 1], levels);
        // t = k = 1: dL/dv_i = i (1 - tanh(v_i)^2) with tanh(0.5)^2 = 0.213552, tanh(1.5)^2 = 0.819300: u = (0.786448, 1.572895, 2.359343,
        // 0.722799). Through v = (w - m) / d: dL/dw_i = (u_i - mean(u) - v_i (u . v) / 3) / d. mean(u) = 1.360371,
        // u . v = -0.5 x 4.718686 + 1.5 x 0.722799 = -1.275145, / 3 = -0.425048.
        Assert.Equal(
            [
                0.786448 - 1.360371 - 0.212524,
                1.572895 - 1.360371 - 0.212524,
                2.359343 - 1.360371 - 0.212524,
                0.722799 - 1.360371 + 0.637572,
            ],
            gradient.Select(g => (double)g),
            Near
        );
        // Of one large weight among 16 the size is small: v = (-0.25 x 15, 3.75) / 1, mean |v| = 0.46875, s = round(-1.093) = -1.
        (levels, gradient) = Run(new IrNetWeights(), [.. new float[15], 4], progress: 0.5, shape: [1, 16, 1, 1]);
        Assert.Equal([.. Enumerable.Repeat(-0.5f, 15), 0.5f], levels);
        // The gradient has the factor 0.5, too: u_i = 0.5 i (1 - tanh(v_i)^2) = 0.470007 i, and 0.017679 for the last; mean(u) = 3.526161,
        // (u . v) / 15 = -0.935595.
        Assert.Equal(0.470007 - 3.526161 - 0.25 * 0.935595, gradient[0], Near);
        Assert.Equal(0.017679 - 3.526161 + 3.75 * 0.935595, gradient[^1], Near);
        // A layer of equal weights, or of one, has no deviation: still signs, and gradients that are numbers.
        (levels, gradient) = Run(new IrNetWeights(), [0.3f, 0.3f], shape: [2, 1, 1, 1]);
        Assert.All(levels, level => Assert.True(level > 0));
        Assert.All(gradient, g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void The_smallest_absolute_values_are_those_of_a_sort()
    {
        manual_seed(1);
        using var scope = NewDisposeScope();
        foreach (
            Tensor x in new[]
            {
                randn(3, 500),
                randn(40, 50).t(),
                randint(-3, 4, [1000]).to(ScalarType.Float32),
                tensor(new[] { -0f, 0, float.Epsilon, -1e30f }),
            }
        )
        {
            float[] sorted = [.. x.abs().flatten().data<float>().ToArray().Order()];
            for (int k = 1; k <= sorted.Length; k++)
            {
                Assert.Equal(sorted[k - 1], BitwiseWeights.SmallestAbsolute(x, k));
            }
        }
    }

    [Fact]
    public void Bitwise_weights_and_biases_are_signs_and_squeezed_by_tanh_where_they_stay_real()
    {
        (float[] levels, float[] gradient) = Run(new BitwiseWeights(0), [-0.5f, 0, 2]);
        Assert.Equal([-1, 1, 1], levels);
        Assert.Equal([0.786448, 2, 3 * 0.070651], gradient.Select(g => (double)g), Near);
        using var scope = NewDisposeScope();
        Assert.Equal([-1, 1], new BitwiseWeights(0).Bias(tensor(new[] { -3f, 0.1f })).data<float>().ToArray());
        Assert.Equal(
            [-0.462117, 0.964028],
            new BitwiseWeights(0).Real(tensor(new[] { -0.5f, 2 })).data<float>().ToArray().Select(w => (double)w),
            Near
        );
    }

    [Fact]
    public void Every_weight_is_the_sum_of_its_planes_and_of_its_outputs_offset()
    {
        foreach (Method method in Method.All.Where(m => m.Binarizes && m is not BinaryConnectStochastic))
        {
            Gen.Select(Gen.Int[method.WeightBits, method.MaxWeightBits], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int)
                .Sample(
                    (bits, outputs, channels, side, seed) =>
                    {
                        using var scope = NewDisposeScope();
                        manual_seed(seed);
                        Tensor latent = randn(outputs, channels, side, side) * 0.7;
                        WeightBinarizer binarizer = method.Weights(bits, latent.shape);
                        binarizer.Forward(latent, 0.5);
                        binarizer.eval();
                        IReadOnlyList<WeightPlane> planes = binarizer.Planes(latent);
                        Assert.Equal(bits, planes.Count);
                        Tensor sum = binarizer.Offset(latent) ?? zeros(outputs, 1, 1, 1);
                        foreach (WeightPlane plane in planes)
                        {
                            Assert.All(plane.Signs.flatten().data<float>().ToArray(), s => Assert.True(s is 1 or -1));
                            Assert.Equal([outputs, 1, 1, 1], plane.Scale?.shape ?? [outputs, 1, 1, 1]);
                            sum = sum + (plane.Scale is null ? plane.Signs : plane.Signs * plane.Scale);
                        }
                        float[] levels = binarizer.Forward(latent, 0.5).flatten().data<float>().ToArray();
                        Assert.Equal(sum.flatten().data<float>().ToArray(), levels, (a, b) => Math.Abs(a - b) < 1e-5);
                    },
                    iter: 20,
                    threads: 1
                );
        }
    }

    [Fact]
    public void These_methods_keep_latent_weights_from_minus_1_to_1() =>
        Assert.Equal(
            ["binaryconnect", "binaryconnect-stochastic", "binarynet", "xnor", "schmitt", "dither"],
            Method.All.Where(m => m.Binarizes && m.Weights(m.WeightBits, [1, 1, 1, 1]).ClipsLatent).Select(m => m.Name)
        );

    [Fact]
    public void Every_activation_is_a_level_of_its_planes()
    {
        foreach (Method method in Method.All.Where(m => m.Binarizes))
        {
            Gen.Select(Gen.Int[1, method.MaxActivationBits], Gen.Int)
                .Sample(
                    (bits, seed) =>
                    {
                        using var scope = NewDisposeScope();
                        manual_seed(seed);
                        ActivationBinarizer binarizer = method.Activation(bits, 3);
                        RandomNetworks.Disturb(binarizer, new Random(seed));
                        Tensor x = randn(50, 3) * 1.5;
                        binarizer.Forward(x, 0.5);
                        binarizer.eval();
                        ActivationPlanes planes = binarizer.Planes;
                        Assert.Equal(bits, planes.Coefficients.Length);
                        float[] values = x.flatten().data<float>().ToArray(),
                            levels = binarizer.Forward(x, 0.5).flatten().data<float>().ToArray();
                        for (int i = 0; i < values.Length; i++)
                        {
                            bool[] reached = [.. planes.Thresholds.Select(t => values[i] >= t[t.Length == 1 ? 0 : i % 3])];
                            int code = reached.Count(r => r);
                            double level =
                                planes.Offset
                                + planes
                                    .Coefficients.Select(
                                        (c, n) =>
                                            planes.IsCode ? ((code >> n & 1) == 1 ? c : -c)
                                            : reached[n] ? c
                                            : -c
                                    )
                                    .Sum();
                            Assert.Equal(level, levels[i], 1e-5);
                        }
                    },
                    iter: 20,
                    threads: 1
                );
        }
    }

    [Fact]
    public void A_learned_shift_moves_the_sign_and_gets_the_gradient_of_all_that_it_moves()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create("""[{ "type": "activation" }, { "type": "dense" }]""", new ReActNet(), (2, 1, 1), 2);
        ActivationModule activation = network.modules().OfType<ActivationModule>().Single();
        Parameter shift = ((ShiftedSign)activation.Binarizer!).Shift;
        using (no_grad())
        {
            shift.copy_(tensor(new[] { 0.5f, -0.25f }));
        }
        // Two images of two channels, in codes: 32 to one.
        Tensor x = (tensor(new[] { 0.75f, -0.5f, 0.25f, 0 }, [2, 2, 1, 1]) * 32).requires_grad_();
        Tensor signs = activation.Forward(x);
        Assert.Equal([1, -1, -1, 1], signs.flatten().data<float>().ToArray());
        (signs.flatten() * tensor(Upstream(4))).sum().backward();
        // x - shift = 0.25, -0.25, -0.25, 0.25, so 2 - 2 |x| = 1.5 everywhere: the shifts get -1.5 (1 + 3) and -1.5 (2 + 4).
        Assert.Equal([-6, -9], shift.grad!.data<float>().ToArray());
        Assert.Equal([1.5f / 32, 3f / 32, 4.5f / 32, 6f / 32], x.grad!.flatten().data<float>().ToArray());
    }

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 2e-5;

    /// <summary>Element i gets the gradient i + 1.</summary>
    internal static float[] Upstream(int count) => [.. Enumerable.Range(1, count).Select(i => (float)i)];

    /// <summary>Levels, and the gradient of x where level i has the gradient i + 1.</summary>
    internal static (float[] Levels, float[] Gradient) Run(Binarizer binarizer, float[] values, double progress = 1, long[]? shape = null)
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(values).requires_grad_();
        Tensor levels = binarizer.Forward(shape is null ? x : x.view(shape), progress).flatten();
        (levels * tensor(Upstream(values.Length))).sum().backward();
        return (levels.data<float>().ToArray(), x.grad!.data<float>().ToArray());
    }
}
