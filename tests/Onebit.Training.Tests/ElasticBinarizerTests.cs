using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>The binarizers of the method bit on numbers that can be checked by hand.</summary>
public class ElasticBinarizerTests
{
    [Fact]
    public void Elastic_activation_learns_scale_and_shift()
    {
        using var scope = NewDisposeScope();
        var signed = new ElasticActivation(1, 2, isSigned: true, unit: 2);
        var code = new ElasticActivation(1, 2, isSigned: false);
        using (no_grad())
        {
            foreach (ElasticActivation activation in new[] { signed, code })
            {
                activation.get_parameter("scale")!.fill_(0.5f);
                activation.get_parameter("shift")!.copy_(tensor(new[] { 0, 1f }));
            }
        }

        // Scale 1, shifts 0 and 2: z = 0, 0.5, -0.25, -2.
        Tensor x = tensor(new[] { 0, 2.5f, -0.25f, 0 }, [2, 2]).requires_grad_();
        Tensor y = signed.Forward(x);
        Assert.Equal([1, 1, -1, -1], y.data<float>().ToArray());
        y.sum().backward();
        Assert.Equal([1, 1, 1, 0], x.grad!.data<float>().ToArray());
        // The level less z where z is not clipped, else the level: 1 + 0.5 - 0.75 - 1, times the unit.
        Assert.Equal(-0.5f, signed.get_parameter("scale")!.grad!.ToSingle(), 1e-5);
        Assert.Equal([-4, -2], signed.get_parameter("shift")!.grad!.data<float>().ToArray());

        // Scale 0.5, shifts 0 and 1: 1 from 0.25 and 1.25 on.
        Tensor codes = code.Forward(tensor(new[] { 0.25f, 1.25f, 0.24f, 1.24f }, [2, 2]));
        Assert.Equal([0.5f, 0.5f, 0, 0], codes.data<float>().ToArray());
        Assert.Equal([0.25, 1.25], code.Planes.Thresholds[0]);
        Assert.Equal((0.25, 0.25, 0), (code.Planes.Coefficients[0], code.Planes.Offset, code.Planes.Low));
        Assert.Equal((1, 0, -1), (signed.Planes.Coefficients[0], signed.Planes.Offset, signed.Planes.Low));
    }

    /// <summary>One pass each way beside the tensor operations that it stands for.</summary>
    [Theory]
    [InlineData(1, true, 0)]
    [InlineData(1, false, 0)]
    [InlineData(2, true, 1)]
    [InlineData(3, false, 1)]
    [InlineData(2, false, 2)]
    [InlineData(1, true, 3)]
    public void Elastic_activation_is_that_of_tensor_operations(int bits, bool isSigned, int layout)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        const int Channels = 5;
        // Contiguous, channels last, neither, and of a dense layer.
        Tensor x = layout switch
        {
            0 => randn(3, Channels, 7, 3),
            1 => randn(3, 7, 3, Channels).permute(0, 3, 1, 2),
            2 => randn(3, 7, Channels, 3).permute(0, 2, 1, 3),
            _ => randn(9, Channels),
        };
        Tensor weights = randn(x.shape),
            scale = tensor(0.7f).view(1),
            shift = randn(Channels) * 0.3;
        int steps = (1 << bits) - 1;
        (Tensor Result, Tensor[] Gradients) Run(Func<Tensor, Tensor, Tensor, Tensor> function)
        {
            Tensor[] inputs = [.. new[] { x * 32, scale, shift }.Select(t => t.detach().requires_grad_())];
            Tensor result = function(inputs[0], inputs[1], inputs[2]);
            (result * weights).sum().backward();
            return (result, [.. inputs.Select(t => t.grad!)]);
        }

        Tensor Plain(Tensor numbers, Tensor a, Tensor s)
        {
            Tensor width = a * ((isSigned ? 2.0 : 1) / steps),
                low = isSigned ? s - a : s;
            Tensor z = (numbers / 32 - (numbers.dim() == 2 ? low : low.view(-1, 1, 1))) * (1 / width);
            Tensor code = Binarizer.StraightThrough(z.clamp(0, steps), (z.clamp(0, steps) + 0.5).floor());
            return isSigned ? code * width - a : code * width;
        }

        (Tensor expected, Tensor[] expectedGradients) = Run(Plain);
        (Tensor got, Tensor[] gradients) = Run((n, a, s) => ElasticFunction.Of(n, a, s, steps, isSigned, 1.0 / 32));
        Assert.True(got.allclose(expected, 1e-6, 1e-6));
        foreach ((Tensor own, Tensor other) in gradients.Zip(expectedGradients))
        {
            Assert.Equal(other.shape, own.shape);
            Assert.True(own.allclose(other, 1e-4, 1e-4));
        }

        using (no_grad())
        {
            Assert.True(ElasticFunction.Of(x * 32, scale, shift, steps, isSigned, 1.0 / 32).eq(got).all().item<bool>());
        }
    }

    [Fact]
    public void What_is_no_number_stays_so()
    {
        using var scope = NewDisposeScope();
        var activation = new ElasticActivation(1, 1, isSigned: true);
        Tensor x = full([20, 1], float.NaN).requires_grad_();
        Tensor y = activation.Forward(x);
        Assert.True(y.isnan().all().item<bool>());
        y.sum().backward();
        Assert.True(activation.get_parameter("scale")!.grad!.isnan().item<bool>());
    }

    [Fact]
    public void Without_elasticity_scale_and_shift_stay()
    {
        using var scope = NewDisposeScope();
        var fixedScale = (ElasticActivation)new Bit(ElasticActivations: false).SignedActivation(1, 2);
        Assert.Empty(fixedScale.parameters());
        Tensor x = tensor(new[] { 0, 2.5f, -0.25f, -3 }, [2, 2]).requires_grad_();
        Tensor y = fixedScale.Forward(x);
        Assert.Equal([1, 1, -1, -1], y.data<float>().ToArray());
        y.sum().backward();
        Assert.Equal([1, 0, 1, 0], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Centered_weights_have_signs_about_their_mean()
    {
        using var scope = NewDisposeScope();
        var weights = new CenteredSignWeights();
        Tensor w = tensor(new[] { 0.5f, 0.1f, 0.3f, 0.3f }, [2, 2, 1, 1]).requires_grad_();
        Tensor b = weights.Forward(w);
        // The mean is 0.3; sizes 0.3 and 0.3.
        Assert.Equal([0.3f, -0.3f, 0.3f, 0.3f], b.data<float>().ToArray().Select(v => MathF.Round(v, 4)));
        b.sum().backward();
        Assert.Equal([1, 1, 1, 1], w.grad!.data<float>().ToArray());
    }
}
