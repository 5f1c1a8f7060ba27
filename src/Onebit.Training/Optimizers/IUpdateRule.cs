using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>How parameters move along their gradients. Called where no gradients are recorded.</summary>
internal interface IUpdateRule
{
    /// <summary>What a checkpoint has to keep, in a fixed order.</summary>
    IEnumerable<Tensor> State { get; }

    /// <summary>One step.</summary>
    /// <param name="step">Its number, from 1.</param>
    /// <param name="factor">Of the rates.</param>
    void Step(long step, double factor);
}
