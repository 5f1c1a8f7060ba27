using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The activation of a method: ReLU (32 bits), ReLU rounded to codes (8) or signs (1).</summary>
public sealed class ActivationLayer : nn.Module<Tensor, Tensor>
{
    private static readonly SignActivation Sign = new();
    private static readonly EightBitRelu EightBit = new();

    internal ActivationLayer(string name, int bits) : base(name) => Bits = bits;

    /// <summary>32, 8 or 1.</summary>
    public int Bits { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Bits switch
    {
        1 => Sign.Forward(x * (1.0 / Network.Unit)),
        8 => EightBit.Forward(x),
        _ => nn.functional.relu(x),
    };
}
