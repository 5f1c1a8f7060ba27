using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Step functions beside the tensor operations that they stand for.</summary>
public class StepsTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, false)]
    [InlineData(3, 5, 7, 3, false)]
    [InlineData(2, 16, 8, 8, false)]
    [InlineData(3, 5, 7, 3, true)] // Channels last in memory.
    public void Levels_and_gradients_are_those_of_tensor_operations(int batch, int channels, int height, int width, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        Tensor x = randn(batch, channels, height, width);
        if (channelsLast)
        {
            x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        }

        Tensor weights = randn(x.shape);
        Compare(x, new SignStep(), y => y.clamp(-1, 1), y => y.ge(0).to(ScalarType.Float32) * 2 - 1);
        Compare(x * 100, new CodeStep(0, 120), y => y.clamp(0, 120), y => (y.clamp(0, 120) + 0.5).floor());

        void Compare<T>(Tensor numbers, T function, Func<Tensor, Tensor> carrier, Func<Tensor, Tensor> levels)
            where T : struct, IStepFunction
        {
            Tensor own = numbers.detach().clone().requires_grad_(),
                expected = numbers.detach().clone().requires_grad_();
            Tensor got = Steps.Of(own, function);
            Assert.True(got.eq(levels(expected)).all().item<bool>());
            (got * weights).sum().backward();
            (carrier(expected) * weights).sum().backward();
            Assert.True(own.grad!.eq(expected.grad!).all().item<bool>());
            Assert.True(Steps.Replace(numbers.clone(), function).eq(got).all().item<bool>());
        }
    }

    [Fact]
    public void Slices_and_what_is_no_number_are_read_as_they_are()
    {
        using var scope = NewDisposeScope();
        Tensor slice = arange(24, ScalarType.Float32).view(4, 6).sub_(12).narrow(1, 1, 3);
        Assert.True(Steps.Of(slice, new SignStep()).eq(slice.ge(0).to(ScalarType.Float32) * 2 - 1).all().item<bool>());
        float[] odd = Steps.Of(tensor(new[] { float.NaN, float.PositiveInfinity, -0f, -1e-40f }), new SignStep()).data<float>().ToArray();
        Assert.Equal([float.NaN, 1, 1, -1], odd);
        Assert.True(float.IsNaN(Steps.Of(tensor(new[] { float.NaN }), new CodeStep(0, 255)).item<float>()));
        Assert.Equal(0, Steps.Of(empty(0), new SignStep()).numel());
    }

    [Fact]
    public void A_rounded_sum_is_the_sum_of_what_is_rounded()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        Tensor x = (randn(2, 3, 5, 1) * 9).requires_grad_(),
            y = (randn(2, 5, 1, 3) * 9).permute(0, 3, 1, 2).detach().requires_grad_();
        Tensor sum = Steps.RoundedSum(x, y);
        Assert.True(sum.eq((x + 0.5).floor() + (y + 0.5).floor()).all().item<bool>());
        (sum * 2).sum().backward();
        Assert.True(x.grad!.eq(2).all().item<bool>());
        Assert.True(y.grad!.eq(2).all().item<bool>());
    }
}
