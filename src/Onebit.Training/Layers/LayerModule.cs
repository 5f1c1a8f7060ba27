using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The torch module of a layer, and how the layer is packed.</summary>
public abstract class LayerModule : nn.Module
{
    private protected LayerModule(string name)
        : base(name) { }

    /// <summary>The layer on tensors of batch x channels, as dense layers give them, or batch x channels x rows x columns.</summary>
    /// <param name="inputs">What it reads.</param>
    /// <param name="values">What the numbers of each input stand for.</param>
    public virtual Tensor Forward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values) => Forward(inputs[0], values[0]);

    /// <summary>What the numbers that it gives stand for.</summary>
    /// <param name="shape">Their shape.</param>
    /// <param name="inputs">What it reads.</param>
    internal virtual Value Describe(Shape shape, IReadOnlyList<Value> inputs) => new(shape);

    /// <summary>Multiply-accumulates of one image.</summary>
    /// <param name="inputs">The shapes of what it reads.</param>
    /// <param name="output">The shape of what it gives.</param>
    internal virtual long MultiplyAccumulates(IReadOnlyList<Shape> inputs, Shape output) => 0;

    /// <summary>Appends its operations to a packed model.</summary>
    /// <param name="builder">Receives them.</param>
    /// <param name="node">Its place in the network.</param>
    /// <param name="inputs">What it reads, packed.</param>
    /// <returns>The packed values that hold what it gives.</returns>
    /// <exception cref="PackingException">It has no integer form.</exception>
    internal abstract Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs);

    /// <summary>A layer that reads one value.</summary>
    private protected virtual Tensor Forward(Tensor x, Value value) =>
        throw new NotSupportedException($"{GetName()} reads more than one value.");

    /// <summary>Dense layers give batch x channels; others read batch x channels x 1 x 1.</summary>
    private protected static Tensor Spatial(Tensor x) => x.dim() == 2 ? x.unsqueeze(2).unsqueeze(3) : x;

    /// <summary>Nothing: what is learned is registered by name where it is made, and fields are not searched for it.</summary>
    protected override void RegisterComponents() { }
}
