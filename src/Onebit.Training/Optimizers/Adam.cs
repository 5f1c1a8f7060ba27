using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Adam (Kingma &amp; Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; decay rates 0.9 and 0.999, epsilon 1e-8),
/// in place. TorchSharp's gives the same numbers bit for bit, but makes two temporary tensors per parameter and step.
/// For weights of megabytes, fetching that memory cost more than the arithmetic.
/// </summary>
/// <param name="parameters">What moves, each with its rate.</param>
internal sealed class Adam(IReadOnlyList<(Parameter Parameter, double Rate)> parameters) : IUpdateRule
{
    private const double First = 0.9,
        Second = 0.999,
        Epsilon = 1e-8;

    private readonly Tensor[] _means = Zeros(parameters),
        _squares = Zeros(parameters);
    private readonly Tensor _scratch = zeros(parameters.Select(p => p.Parameter.numel()).DefaultIfEmpty().Max()).DetachFromDisposeScope();

    /// <inheritdoc/>
    public IEnumerable<Tensor> State => [.. _means, .. _squares];

    /// <inheritdoc/>
    public void Step(long step, double factor)
    {
        double first = 1 - Math.Pow(First, step),
            second = Math.Sqrt(1 - Math.Pow(Second, step));
        foreach (((Parameter parameter, double rate), int i) in parameters.Select((p, i) => (p, i)))
        {
            using var scope = NewDisposeScope();
            if (parameter.grad is not { } gradient)
            {
                continue;
            }

            Tensor mean = _means[i].mul_(First).add_(gradient, 1 - First);
            Tensor square = _squares[i].mul_(Second).addcmul_(gradient, gradient, 1 - Second);
            Tensor size = _scratch.narrow(0, 0, parameter.numel()).view(parameter.shape).copy_(square).sqrt_().div_(second).add_(Epsilon);
            parameter.addcdiv_(mean, size, -(rate * factor / first));
        }
    }

    /// <summary>A zero for each number of each parameter.</summary>
    internal static Tensor[] Zeros(IReadOnlyList<(Parameter Parameter, double Rate)> parameters) =>
        [.. parameters.Select(p => zeros_like(p.Parameter, requires_grad: false).DetachFromDisposeScope())];
}
