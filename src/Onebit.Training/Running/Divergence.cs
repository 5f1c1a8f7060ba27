using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The one rule for trainings that diverge: they stop with a sentence that says what to lower.</summary>
internal static class Divergence
{
    /// <summary>Stops the run unless all numbers are finite.</summary>
    /// <param name="experiment">The experiment's name.</param>
    /// <param name="epoch">Epochs done.</param>
    /// <param name="numbers">Losses and metrics, with their names.</param>
    /// <exception cref="ExperimentException">One is not finite.</exception>
    internal static void Check(string experiment, int epoch, params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        foreach ((string name, double value) in numbers)
        {
            if (!double.IsFinite(value))
            {
                throw Exception($"The {name} of '{experiment}' is no longer a number", epoch);
            }
        }
    }

    /// <summary>Stops the run unless all weights are finite.</summary>
    /// <exception cref="ExperimentException">One is not finite.</exception>
    internal static void Check(string experiment, int epoch, Network network)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach ((string name, Tensor tensor) in network.state_dict())
        {
            if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>())
            {
                throw Exception($"The weights '{name}' of '{experiment}' are no longer numbers", epoch);
            }
        }
    }

    /// <summary>What stops the run.</summary>
    /// <param name="what">What is no number any more, or too large.</param>
    /// <param name="epoch">Epochs done.</param>
    internal static ExperimentException Exception(string what, int epoch) => new($"{what} in epoch {epoch}; lower the optimizer's rate.");
}
