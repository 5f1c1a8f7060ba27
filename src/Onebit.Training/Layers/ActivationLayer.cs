using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The activation of a method: real (32 bits; ReLU for most), ReLU rounded to codes (8) or the method's sign (1).</summary>
public sealed class ActivationLayer : nn.Module<Tensor, Tensor>
{
    private static readonly EightBitRelu EightBit = new();

    private readonly Method _method;

    internal ActivationLayer(string name, Method method, int bits, int channels) : base(name)
    {
        (_method, Bits) = (method, bits);
        if (bits != 1 || !method.LearnsShifts)
            return;
        Shift = new Parameter(zeros(channels));
        register_parameter("shift", Shift);
    }

    /// <summary>32, 8 or 1.</summary>
    public int Bits { get; }

    /// <summary>The binarizer of activations of one bit; null for more bits.</summary>
    public ActivationBinarizer? Binarizer => Bits == 1 ? _method.Signs : null;

    /// <summary>What is subtracted before the sign, learned, one a channel, in ones; null: nothing.</summary>
    public Parameter? Shift { get; }

    internal double Progress { get; set; } = 1;

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        if (Binarizer is not { } sign)
            return Bits == 8 ? EightBit.Forward(x) : _method.RealActivation(x);
        x = x * (1.0 / Network.Unit);
        return sign.Forward(Shift is null ? x : x - (x.dim() == 2 ? Shift : Shift.view(-1, 1, 1)), Progress);
    }
}
