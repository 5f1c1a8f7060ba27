using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The activation of a method: real (32 bits; ReLU for most), ReLU rounded to codes (8) or the method's planes of signs.</summary>
public sealed class ActivationLayer : nn.Module<Tensor, Tensor>
{
    private static readonly EightBitRelu EightBit = new();

    private readonly Method _method;

    internal ActivationLayer(string name, Method method, int bits, int channels) : base(name)
    {
        (_method, Bits) = (method, bits);
        if (bits is 8 or 32)
            return;
        register_module("binarizer", method.Activation(bits, channels));
    }

    /// <summary>32, 8, or the planes of the method's own.</summary>
    public int Bits { get; }

    /// <summary>The method's binarizer; null where activations are of 8 or 32 bits.</summary>
    public ActivationBinarizer? Binarizer => (ActivationBinarizer?)children().SingleOrDefault(); // TorchSharp would register a field once more.

    internal double Progress { get; set; } = 1;

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (Binarizer is { } binarizer)
            return binarizer.Forward(x * (1.0 / Network.Unit), Progress);
        return Bits == 8 ? EightBit.Forward(x) : _method.RealActivation(x);
    }
}
