using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// The function from a real tensor to one of few levels, with its pseudo-gradient (straight-through
/// estimator, STE). Shapes are kept. Every implementation gives its levels exactly: the forward value is
/// written as <c>(g - g.detach()) + levels</c>, where the first term is exactly 0 and carries the gradient of g. Each layer has one of
/// its own, a module, so that it may learn.
/// </summary>
public abstract class Binarizer() : nn.Module("binarizer")
{
    /// <summary>The levels of <paramref name="x"/>, differentiable by the pseudo-gradient.</summary>
    /// <param name="x">Any shape, float32.</param>
    /// <param name="progress">
    /// Share of the training done, 0 to 1: some pseudo-gradients tighten with it, and noise or hysteresis of training falls.
    /// </param>
    public abstract Tensor Forward(Tensor x, double progress = 1);

    /// <summary><c>+1</c> where x >= 0, <c>-1</c> below: unlike <c>torch.sign</c>, never 0. Without a gradient.</summary>
    internal static Tensor SignOf(Tensor x) => Steps.Replace(x.detach().clone(), new SignStep());

    /// <summary>The nearest whole number, halves rounded up as the packed model does, with the gradient of <paramref name="x"/>.</summary>
    internal static Tensor Rounded(Tensor x)
    {
        Tensor rounded = x + 0.5;
        rounded.detach().floor_(); // Changes the numbers that both share, and not the gradient.
        return rounded;
    }

    /// <summary>One number a channel, to be met with x of batch x channels or batch x channels x rows x columns.</summary>
    internal static Tensor PerChannel(Tensor numbers, Tensor x) => x.dim() == 2 ? numbers : numbers.view(-1, 1, 1);

    /// <summary>A tensor's numbers.</summary>
    internal static double[] ToDoubles(Tensor numbers) => [.. numbers.detach().flatten().to(ScalarType.Float64).data<double>()];

    /// <summary>A tensor with the values of <paramref name="levels"/> and the gradient of <paramref name="carrier"/>.</summary>
    internal static Tensor StraightThrough(Tensor carrier, Tensor levels) => (carrier - carrier.detach()).add_(levels.detach());
}
