using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The activation of a method: real (32 bits; ReLU for most), ReLU rounded to codes (8) or the method's planes of signs.</summary>
public sealed class ActivationLayer : nn.Module<Tensor, Tensor>
{
    private static readonly EightBitRelu s_eightBit = new();

    private readonly Method _method;

    // An array, because TorchSharp would register a module in a field once more.
    private readonly ActivationBinarizer[] _binarizer = [];

    internal ActivationLayer(string name, Method method, int bits, int channels)
        : base(name)
    {
        (_method, Bits) = (method, bits);
        if (bits is 8 or 32)
        {
            return;
        }

        _binarizer = [method.Activation(bits, channels)];
        register_module("binarizer", _binarizer[0]);
    }

    /// <summary>32, 8, or the planes of the method's own.</summary>
    public int Bits { get; }

    /// <summary>The method's binarizer; null where activations are of 8 or 32 bits.</summary>
    public ActivationBinarizer? Binarizer => _binarizer.FirstOrDefault();

    internal double Progress { get; set; } = 1;

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (Binarizer is { } binarizer)
        {
            return binarizer.Forward(x * (1.0 / Network.Unit), Progress);
        }

        return Bits == 8 ? s_eightBit.Forward(x) : _method.RealActivation(x);
    }
}
