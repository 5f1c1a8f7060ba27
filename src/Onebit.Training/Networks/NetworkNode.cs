using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A layer of a <see cref="Network"/> with its module.</summary>
/// <param name="Node">The layer and its place.</param>
/// <param name="Module">Its module, which the passes of a shared repetition have in common.</param>
/// <param name="Inputs">What the numbers that it reads stand for.</param>
/// <param name="Output">What the numbers that it gives stand for.</param>
public sealed record NetworkNode(LayerNode Node, LayerModule Module, IReadOnlyList<Value> Inputs, Value Output)
{
    /// <summary>Runs it.</summary>
    public Tensor Forward(params Tensor[] inputs) => Module.Forward(inputs, Inputs);
}
