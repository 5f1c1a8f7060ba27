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
