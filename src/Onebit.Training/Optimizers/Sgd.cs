using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Stochastic gradient descent with momentum: <c>v = momentum v + g</c>, <c>p = p - rate v</c>.</summary>
/// <param name="parameters">What moves, each with its rate.</param>
/// <param name="momentum">0: none.</param>
internal sealed class Sgd(IReadOnlyList<(Parameter Parameter, double Rate)> parameters, double momentum) : IUpdateRule
{
    private readonly Tensor[] _velocities = momentum > 0 ? Adam.Zeros(parameters) : [];

    /// <inheritdoc/>
    public IEnumerable<Tensor> State => _velocities;

    /// <inheritdoc/>
    public void Step(long step, double factor)
    {
        foreach (((Parameter parameter, double rate), int i) in parameters.Select((p, i) => (p, i)))
        {
            using var scope = NewDisposeScope();
            if (parameter.grad is { } gradient)
            {
                parameter.add_(momentum > 0 ? _velocities[i].mul_(momentum).add_(gradient) : gradient, -(rate * factor));
            }
        }
    }
}
