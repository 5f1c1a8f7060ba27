using TorchSharp.Modules;
using static Onebit.Training.Tests.BinarizerTests;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Methods of several planes, of levels and slopes that are learned, and our own, against values worked out by hand.</summary>
public class SeveralPlanesTests
{
    [Fact]
    public void ABC_weights_of_one_plane_have_the_mean_absolute_size_of_their_output()
    {
        // (0.5 + 0.25 + 1.25 + 0) / 4 = 0.5 and (1 + 1 + 0.5 + 0.5) / 4 = 0.75. The sign passes its gradient on, the size multiplies it.
        float[] latent = [0.5f, -0.25f, 1.25f, 0, -1, 1, -0.5f, 0.5f];
        (float[] levels, float[] gradient) = Run(new AbcWeights(1), latent, shape: [2, 4, 1, 1]);
        Assert.Equal([0.5f, -0.5f, 0.5f, 0.5f, -0.75f, 0.75f, -0.75f, 0.75f], levels);
        Assert.Equal([1 * 0.5f, 2 * 0.5f, 3 * 0.5f, 4 * 0.5f, 5 * 0.75f, 6 * 0.75f, 7 * 0.75f, 8 * 0.75f], gradient);
    }

    [Fact]
    public void ABC_weights_of_two_planes_are_the_least_squares_of_signs_a_deviation_apart()
    {
        // Mean 1, w - 1 = (-3, 0, 0, 0, 0, 3), deviation sqrt(18 / 6) = 1.73: B0 = (-, -, -, -, -, +), B1 = (-, +, +, +, +, +).
        // B0.B0 = B1.B1 = 6, B0.B1 = 1 - 4 + 1 = -2, B0.w = 2, B1.w = 10: 6 a - 2 b = 2 and -2 a + 6 b = 10, so a = 1, b = 2.
        (float[] levels, float[] gradient) = Run(new AbcWeights(2), [-2, 1, 1, 1, 1, 4], shape: [1, 6, 1, 1]);
        Assert.Equal([-3, 1, 1, 1, 1, 3], Doubles(levels), Fitted);
        // a + b = 3 times the upstream gradient.
        Assert.Equal([3, 6, 9, 12, 15, 18], Doubles(gradient), Fitted);
    }

    [Fact]
    public void The_outer_shifts_of_ABC_weights_are_one_deviation()
    {
        // Mean 0, deviation sqrt(40 / 4) = 3.16, between 2 and 4: B0 = (-, -, -, +), B1 = (-, +, +, +). B0.B1 = 0, B0.w = B1.w = 8: both
        // factors are 8 / 4.
        Assert.Equal([-4, 0, 0, 4], Doubles(Run(new AbcWeights(2), [-4, -2, 2, 4], shape: [1, 4, 1, 1]).Levels), Fitted);
    }

    [Fact]
    public void ABC_weights_of_three_planes_are_fitted_for_each_output()
    {
        // Both outputs have a deviation of sqrt(5) = 2.24 and the planes (-, -, -, +), (-, -, +, +), (-, +, +, +), whose products are 4
        // with themselves and 2, 0, 2. Products with w: 6, 8, 6, so all factors are 1; and 2, 8, 10, so they are 0, 1, 2.
        (float[] levels, float[] gradient) = Run(new AbcWeights(3), [-3, -1, 1, 3, -1, 1, 3, 5], shape: [2, 1, 2, 2]);
        Assert.Equal([-3, -1, 1, 3, -3, 1, 3, 3], Doubles(levels), Fitted);
        Assert.Equal([3, 6, 9, 12, 15, 18, 21, 24], Doubles(gradient), Fitted);
    }

    [Fact]
    public void An_ABC_activation_of_one_plane_is_a_sign_with_a_gradient_within_a_half()
    {
        // v = 0.5: clip(x + 0.5, 0, 1) >= 0.5.
        (float[] levels, float[] gradient) = Run(new AbcActivation(1), [-0.75f, -0.5f, -0.25f, 0, 0.5f, 0.75f]);
        Assert.Equal([-1, -1, -1, 1, 1, 1], levels);
        Assert.Equal([0, 2, 3, 4, 5, 0], gradient);
    }

    [Fact]
    public void An_ABC_activation_learns_its_shifts_and_factors()
    {
        // Shifts 1 and 0: A0 = +1 from -0.5 on, its gradient from -1 to 0; A1 from 0.5 on, from 0 to 1. Parameters are ten times as large.
        var binarizer = new AbcActivation(2);
        Parameter shifts = binarizer.get_parameter("shifts")!,
            factors = binarizer.get_parameter("factors")!;
        Assert.Equal([10, 0], Numbers(shifts));
        Assert.Equal([5, 5], Numbers(factors));
        Set(factors, 5, 2.5f);
        (float[] levels, float[] gradient) = Run(binarizer, [-2, -0.75f, -0.5f, -0.25f, 0.25f, 0.5f, 0.75f, 0.9f, 2]);
        Assert.Equal([-0.75f, -0.75f, 0.25f, 0.25f, 0.25f, 0.75f, 0.75f, 0.75f, 0.75f], levels);
        Assert.Equal([0, 2 * 0.5f, 3 * 0.5f, 4 * 0.5f, 5 * 0.25f, 6 * 0.25f, 7 * 0.25f, 8 * 0.25f, 0], gradient);
        // A tenth of, for shifts, 1 + 1.5 + 2 and 1.25 + 1.5 + 1.75 + 2; for factors -1 - 2 + 3 + ... + 9 and -1 - ... - 5 + 6 + ... + 9.
        Assert.Equal([0.45, 0.65], Doubles(Numbers(shifts.grad!)), Fitted);
        Assert.Equal([3.9, 1.5], Doubles(Numbers(factors.grad!)), Fitted);
    }

    [Fact]
    public void ABC_activations_start_with_thresholds_one_apart_around_zero()
    {
        ActivationPlanes planes = new AbcActivation(3).Planes;
        Assert.Equal([-1, 0, 1], planes.Thresholds.Select(t => t.Single()), Fitted);
        Assert.Equal([1.0 / 3, 1.0 / 3, 1.0 / 3], planes.Coefficients, Fitted);
    }

    [Theory]
    [InlineData(0.5f, 1)]
    [InlineData(1, 0.5f)]
    [InlineData(1, -0.5f)] // The order of the planes and their signs do not matter.
    public void LQ_weights_take_the_nearest_level(float first, float second)
    {
        // Levels -1.5, -0.5, 0.5, 1.5: in the middle the upper one.
        var binarizer = new LqWeights(2, 1);
        binarizer.eval();
        Set(binarizer.get_buffer("basis")!, first, second);
        (float[] levels, float[] gradient) = Run(binarizer, [-2, -1.25f, -1, -0.25f, 0, 0.75f, 1, 3], shape: [1, 8, 1, 1]);
        Assert.Equal([-1.5f, -1.5f, -0.5f, -0.5f, 0.5f, 0.5f, 1.5f, 1.5f], levels);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], gradient);
    }

    [Fact]
    public void LQ_weights_move_a_tenth_of_the_way_to_the_best_basis_in_each_pass_of_training()
    {
        // The first pass starts from mean |w| x (1/2, 1), here (1, 2), whose levels -3, -1, 1, 3 are the weights: nothing to mend. The
        // second output is ten times as large.
        var binarizer = new LqWeights(2, 2);
        float[] first = [-3, -1, 1, 3, -30, -10, 10, 30];
        Assert.Equal([.. first], Doubles(Run(binarizer, first, shape: [2, 4, 1, 1]).Levels), Fitted);
        // Nearest to these are -3, -1, 3, 3: B0 = (-, +, +, +), B1 = (-, -, +, +). B0.B0 = B1.B1 = 4, B0.B1 = 2, B0.w = 9, B1.w = 12:
        // 4 a + 2 b = 9 and 2 a + 4 b = 12, so a = 1, b = 2.5, and the basis becomes (1, 1.8 + 0.25). With it 2.02 is nearer to 1.05.
        float[] levels = Run(binarizer, [-6.25f, -1.5f, 2.02f, 2.23f, -62.5f, -15, 20.2f, 22.3f], shape: [2, 4, 1, 1]).Levels;
        Assert.Equal([-3.05, -1.05, 1.05, 3.05, -30.5, -10.5, 10.5, 30.5], Doubles(levels), Fitted);
        // Evaluation leaves the basis as it is.
        Tensor basis = binarizer.get_buffer("basis")!;
        float[] before = Numbers(basis);
        binarizer.eval();
        Run(binarizer, [9, 9, 9, 9, 9, 9, 9, 9], shape: [2, 4, 1, 1]);
        Assert.Equal(before, Numbers(basis));
    }

    [Fact]
    public void LQ_weights_of_one_plane_start_at_the_mean_absolute_size()
    {
        (float[] levels, _) = Run(new LqWeights(1, 2), [0.5f, -0.25f, 1.25f, 0, -1, 1, -0.5f, 0.5f], shape: [2, 4, 1, 1]);
        Assert.Equal([0.5, -0.5, 0.5, 0.5, -0.75, 0.75, -0.75, 0.75], Doubles(levels), Fitted);
    }

    [Fact]
    public void An_LQ_activation_takes_the_nearest_level_and_clips_its_gradient_at_the_ends()
    {
        // Basis (0.5, 1): levels 0, 0.5, 1, 1.5.
        var binarizer = new LqActivation(2);
        binarizer.eval();
        (float[] levels, float[] gradient) = Run(binarizer, [-1, 0, 0.2f, 0.25f, 0.7f, 0.75f, 1.25f, 1.5f, 1.6f, 3]);
        Assert.Equal([0, 0, 0, 0.5f, 0.5f, 1, 1.5f, 1.5f, 1.5f, 1.5f], levels);
        Assert.Equal([0, 2, 3, 4, 5, 6, 7, 8, 0, 0], gradient);
        Assert.Equal(0, binarizer.Planes.Low);
    }

    [Fact]
    public void An_LQ_activation_moves_a_tenth_of_the_way_to_the_best_basis_in_each_pass_of_training()
    {
        // Behind the ReLU 0, 0.5, 1, 2 with codes 0, 1, 2, 3: P0 = (0, 1, 0, 1), P1 = (0, 0, 1, 1), P0.x = 2.5, P1.x = 3.
        // 2 a + b = 2.5 and a + 2 b = 3, so a = 2/3, b = 7/6.
        var binarizer = new LqActivation(2);
        Run(binarizer, [-1, 0.5f, 1, 2]);
        Tensor basis = binarizer.get_buffer("basis")!;
        Assert.Equal([0.45 + 2 / 30.0, 0.9 + 7 / 60.0], Doubles(Numbers(basis)), Fitted);
        Assert.Equal(0, binarizer.Planes.Low, 1e-6);
        float[] before = Numbers(basis);
        binarizer.eval();
        Run(binarizer, [3, 3, 3, 3]);
        Assert.Equal(before, Numbers(basis));
    }

    [Fact]
    public void The_levels_of_an_LQ_activation_keep_the_order_of_their_codes()
    {
        // Basis (0.5, 0.5): 0.45 has the code 1, 0.8 the code 3, so the best basis is (0.45, 0.35). A tenth of the way to it is (0.495,
        // 0.485), where the code 2 would lie below the code 1.
        var binarizer = new LqActivation(2);
        Tensor basis = binarizer.get_buffer("basis")!;
        Set(basis, 0.5f, 0.5f);
        Run(binarizer, [0.45f, 0.8f]);
        Assert.Equal([0.495, 0.495], Doubles(Numbers(basis)), Fitted);
        // A basis that nothing uses shrinks by a tenth a pass, but not to nothing.
        binarizer = new LqActivation(1);
        for (int i = 0; i < 100; i++)
        {
            Run(binarizer, [-1]);
        }

        Assert.Equal([1e-3f], Numbers(binarizer.get_buffer("basis")!));
    }

    [Fact]
    public void AdaBin_weights_keep_the_mean_and_the_deviation_of_their_output()
    {
        // Mean 0.5, deviation sqrt((4 x 1 + 16) / 5) = 2; mean -1, deviation 1; and equal weights, which have none.
        float[] latent = [-0.5f, -0.5f, -0.5f, -0.5f, 4.5f, 1, -1.5f, -1.5f, -1.5f, -1.5f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f];
        (float[] levels, float[] gradient) = Run(new AdaBinWeights(), latent, shape: [3, 5, 1, 1]);
        Assert.Equal([-1.5, -1.5, -1.5, -1.5, 2.5, 0, -2, -2, -2, -2, 0.25, 0.25, 0.25, 0.25, 0.25], Doubles(levels), Fitted);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], gradient);
    }

    [Fact]
    public void AdaBin_weights_change_their_level_at_the_mean()
    {
        // Mean -7.5 / 5 = -1.5, deviation sqrt((9 + 1 + 0 + 1 + 9) / 5) = 2. -0.5 lies between the mean and 0.
        float[] levels = Run(new AdaBinWeights(), [-4.5f, -2.5f, -1.5f, -0.5f, 1.5f], shape: [1, 5, 1, 1]).Levels;
        Assert.Equal([-3.5, -3.5, 0.5, 0.5, 0.5], Doubles(levels), Fitted);
    }

    [Fact]
    public void An_AdaBin_activation_learns_its_center_and_its_distance()
    {
        var binarizer = new AdaBinActivation();
        Parameter center = binarizer.get_parameter("center")!,
            distance = binarizer.get_parameter("distance")!;
        Set(center, 0.5f);
        Set(distance, 2);
        (float[] levels, float[] gradient) = Run(binarizer, [-2, -1.5f, 0, 0.5f, 1, 2.5f, 3]);
        Assert.Equal([-1.5f, -1.5f, -1.5f, 2.5f, 2.5f, 2.5f, 2.5f], levels);
        Assert.Equal([0, 2, 3, 4, 5, 6, 0], gradient);
        // db/dcenter = 1 - 1 within the distance, 1 beyond: 1 + 7. db/ddistance = s - (x - center) / distance within, s beyond:
        // -1, -1 + 1, -1 + 0.25, 1 - 0, 1 - 0.25, 1 - 1, 1; times 1 to 7.
        Assert.Equal([8], Numbers(center.grad!));
        Assert.Equal([-1 - 3 * 0.75f + 4 + 5 * 0.75f + 7], Numbers(distance.grad!));
        // A distance never turns the levels' order.
        Set(distance, -1);
        Assert.Equal([0.49, 0.51], Doubles(Run(binarizer, [0, 1]).Levels), Fitted);
    }

    [Fact]
    public void Ternary_weights_are_rounded_and_clipped_in_units_of_the_mean_absolute_weight()
    {
        // Mean |w| = 16 / 8 = 2. round(w / 2), the half to the even number, as torch has it.
        float[] latent = [-5, -1.25f, -1, -0.5f, 0, 1, 1.25f, 6];
        (float[] levels, float[] gradient) = Run(new TernaryWeights(), latent, shape: [2, 4, 1, 1]);
        Assert.Equal([-2, -2, 0, 0, 0, 0, 2, 2], levels);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], gradient);
        Assert.Equal([0, 0], Run(new TernaryWeights(), [0, 0], shape: [2, 1, 1, 1]).Levels);
    }

    [Fact]
    public void Bitwise_weights_set_the_share_lambda_of_the_smallest_to_0()
    {
        float[] latent = [0.1f, -0.2f, 0.3f, -0.4f, 0.5f, -0.6f, 0.7f, -0.8f];
        float[] Levels(double zeros) => Run(new BitwiseWeights(zeros), latent, shape: [2, 4, 1, 1]).Levels;
        Assert.Equal([0, 0, 0, -1, 1, -1, 1, -1], Levels(3 / 8.0));
        Assert.Equal([0, 0, 0, 0, 1, -1, 1, -1], Levels(0.5));
        Assert.Equal([0, -1, 1, -1, 1, -1, 1, -1], Levels(0.01)); // At least one.
        // Zeros learn as well: 1 - tanh(0.5)^2 = 0.786448.
        Assert.Equal([0.786448, 2], Doubles(Run(new BitwiseWeights(0.5), [-0.5f, 0], shape: [1, 2, 1, 1]).Gradient), Fitted);
    }

    [Fact]
    public void RPReLU_has_a_slope_below_its_point_and_learns_slope_and_point()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """[{ "type": "rprelu" }, { "type": "activation" }, { "type": "dense" }]""",
            new ReActNet(),
            (2, 1, 1),
            2
        );
        PiecewiseLinearModule layer = network.modules().OfType<PiecewiseLinearModule>().Single();
        Assert.Equal([0.25f, 0.25f, 0, 0, 0, 0], new[] { layer.Low, layer.In, layer.Out }.SelectMany(Numbers));
        Set(layer.Low, 0.25f, -0.5f);
        Set(layer.In, 1, -1);
        Set(layer.Out, 0.5f, -2);
        // Two images of two channels, in codes: 32 to one. x - in is 2, 2, -2, -2, a slope of -0.5 is 0.
        (float[] values, float[] gradient) = Slopes(layer, [3, 1, -1, -3]);
        Assert.Equal([0.5f + 2, -2 + 2, 0.5f - 0.5f, -2 + 0], values);
        Assert.Equal([1, 2, 3 * 0.25f, 0], gradient);
        Assert.Equal([3 * -2 * 32, 0], Numbers(layer.Low.grad!));
        Assert.Equal([-(1 + 0.75f) * 32, -2 * 32], Numbers(layer.In.grad!));
        Assert.Equal([(1 + 3) * 32, (2 + 4) * 32], Numbers(layer.Out.grad!));
        Assert.False(layer.High.requires_grad);
        // At the point itself the upper slope counts, and it alone.
        Assert.Equal([1, 2, 3, 4], Slopes(layer, [1, -1, 1, -1]).Gradient);
    }

    [Fact]
    public void AdaBins_Maxout_learns_both_slopes()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create(
            """[{ "type": "maxout" }, { "type": "activation" }, { "type": "dense" }]""",
            new AdaBin(),
            (2, 1, 1),
            2
        );
        PiecewiseLinearModule layer = network.modules().OfType<PiecewiseLinearModule>().Single();
        Assert.Equal([0.25f, 0.25f, 1, 1], new[] { layer.Low, layer.High }.SelectMany(Numbers));
        Set(layer.Low, 0.25f, -0.5f);
        Set(layer.High, 2, 0.5f);
        (float[] values, float[] gradient) = Slopes(layer, [3, 1, -1, -3]);
        Assert.Equal([6, 0.5f, -0.25f, 0], values);
        Assert.Equal([2, 2 * 0.5f, 3 * 0.25f, 0], gradient);
        Assert.Equal([3 * -32, 0], Numbers(layer.Low.grad!));
        Assert.Equal([3 * 32, 2 * 32], Numbers(layer.High.grad!));
        Assert.False(layer.In.requires_grad || layer.Out.requires_grad);
        // An upper slope below 0 is 0 too.
        Set(layer.High, -2, 0.5f);
        Assert.Equal([0, 0.5f, -0.25f, 0], Slopes(layer, [3, 1, -1, -3]).Values);
    }

    [Fact]
    public void Schmitt_weights_keep_their_signs_within_a_distance_that_falls_to_0()
    {
        // Mean |w| is 1 throughout, so the distance is 0.2 (1 - progress).
        var binarizer = new SchmittWeights([1, 5, 1, 1]);
        void Pass(double progress, float[] latent, float[] signs)
        {
            (float[] levels, float[] gradient) = Run(binarizer, latent, progress, [1, 5, 1, 1]);
            Assert.Equal(signs, levels);
            Assert.Equal([1, 2, 3, 4, 5], gradient);
        }

        Pass(0, [0.1f, -0.1f, 2, -1.8f, -1], [1, -1, 1, -1, -1]); // The first pass has no signs to keep.
        binarizer.eval();
        Pass(0, [-0.25f, 0.25f, 2, -1.5f, -1], [-1, 1, 1, -1, -1]); // Evaluation looks, and changes nothing:
        binarizer.train();
        Pass(0, [-0.1f, 0.15f, 2.05f, -1.7f, -1], [1, -1, 1, -1, -1]);
        Pass(0, [-0.25f, 0.25f, 2, -1.5f, -1], [-1, 1, 1, -1, -1]);
        Pass(0, [0.15f, -0.15f, 2, -1.7f, -1], [-1, 1, 1, -1, -1]);
        Pass(0.5, [0.05f, -0.15f, 2, -1.8f, -1], [-1, -1, 1, -1, -1]); // Distance 0.1.
        Pass(1, [0.05f, 0.15f, 2, -1.8f, -1], [1, 1, 1, -1, -1]); // 0: plain signs.
    }

    [Theory]
    [InlineData(0.2f, 0, 0.6)] // a = 1, (1 + 0.2) / 2
    [InlineData(-0.5f, 0, 0.25)]
    [InlineData(-0.3125f, 0.5, 0.25)] // a = 0.625
    [InlineData(0.125f, 1, 0.75)] // a = 0.25
    [InlineData(0.5f, 1, 1)]
    [InlineData(-0.5f, 1, 0)]
    public void A_dithered_sign_is_clip_of_x_over_a_in_the_mean(float x, double progress, double probability)
    {
        const int Draws = 40_000;
        manual_seed(1);
        float[] levels = Run(new DitheredSign(), [.. Enumerable.Repeat(x, Draws)], progress).Levels;
        Assert.All(levels, level => Assert.True(level is 1 or -1));
        double deviation = Math.Sqrt(Draws * probability * (1 - probability));
        Assert.InRange(levels.Count(level => level == 1) - Draws * probability, -5 * deviation, 5 * deviation);
    }

    [Fact]
    public void A_dithered_sign_has_the_gradient_of_its_mean_and_no_noise_in_evaluation()
    {
        // a = 0.625 half-way: 1 / a = 1.6 from -a to a.
        var binarizer = new DitheredSign();
        Assert.Equal([0, 2 * 1.6f, 3 * 1.6f, 4 * 1.6f, 0], Run(binarizer, [-0.75f, -0.625f, 0, 0.5f, 0.75f], 0.5).Gradient);
        binarizer.eval();
        float[] x = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? 1e-3f : -1e-3f)];
        Assert.Equal([.. x.Select(v => v > 0 ? 1f : -1f)], Run(binarizer, x, 0).Levels);
    }

    /// <summary>Within what the ridge of the least squares, a ten-thousandth, moves.</summary>
    private static bool Fitted(double expected, double actual) => Math.Abs(expected - actual) <= 1e-3 * Math.Max(1, Math.Abs(expected));

    private static double[] Doubles(float[] numbers) => [.. numbers.Select(n => (double)n)];

    private static float[] Numbers(Tensor numbers) => numbers.detach().data<float>().ToArray();

    private static void Set(Tensor numbers, params float[] values)
    {
        using var _ = no_grad();
        numbers.copy_(tensor(values, numbers.shape));
    }

    /// <summary>Values in ones; number i of the images gets the gradient i + 1. The layer's gradients start at 0.</summary>
    private static (float[] Values, float[] Gradient) Slopes(PiecewiseLinearModule layer, float[] ones)
    {
        layer.zero_grad();
        Tensor x = (tensor(ones, [2, 2, 1, 1]) * EightBitRelu.CodesPerOne).requires_grad_();
        Tensor y = layer.Forward(x);
        (y.flatten() * tensor(new float[] { 1, 2, 3, 4 })).sum().backward();
        return (Numbers((y / EightBitRelu.CodesPerOne).flatten()), Numbers(x.grad!.flatten()));
    }
}
