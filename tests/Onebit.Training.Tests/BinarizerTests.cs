using CsCheck;
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
        Gen.Float.Where(float.IsFinite).Array[1, 50].Sample(
            latent =>
            {
                float[] expected = [.. latent.Select(w => w >= 0 ? 1f : -1f)];
                Assert.Equal(expected, Run(new SignWeights(), latent).Levels);
                Assert.Equal(expected, Run(new SignActivation(), latent).Levels);
                Assert.All(Run(new StochasticWeights(), latent).Levels, level => Assert.True(level is 1 or -1));
            },
            iter: 200, threads: 1);
    }

    [Fact]
    public void The_8_bit_relu_rounds_clamps_and_passes_its_gradient_from_0_to_255()
    {
        float[] x = [-300, -0.6f, -0.4f, -0f, 0, 0.4f, 0.6f, 1, 1.4f, 127.6f, 254.6f, 255, MathF.BitIncrement(255), 255.6f, 1e6f];
        (float[] codes, float[] gradient) = Run(new EightBitRelu(), x);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 128, 255, 255, 255, 255, 255], codes);
        Assert.Equal([0, 0, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0], gradient);
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

        float[] first = Seeded(1), next = Run(new StochasticWeights(), latent).Levels;
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

    /// <summary>Element i gets the gradient i + 1.</summary>
    private static float[] Upstream(int count) => [.. Enumerable.Range(1, count).Select(i => (float)i)];

    private static (float[] Levels, float[] Gradient) Run(Binarizer binarizer, float[] latent)
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(latent).requires_grad_();
        Tensor levels = binarizer.Forward(x);
        (levels * tensor(Upstream(latent.Length))).sum().backward();
        return (levels.data<float>().ToArray(), x.grad!.data<float>().ToArray());
    }
}
