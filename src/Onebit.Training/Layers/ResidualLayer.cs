using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Inner layers plus a shortcut. In binarized networks both sides count in codes, so that the packed sum is one of
/// integers: the inner normalization's output is rounded to a code, signs of a shortcut count as one unit.
/// </summary>
public sealed class ResidualLayer : nn.Module<Tensor, Tensor>
{
    private readonly bool _rounds;

    internal ResidualLayer(string name, Network.LayerList body, bool rounds, double shortcutUnit, double bodyUnit)
        : base(name)
    {
        _rounds = rounds;
        ShortcutUnit = shortcutUnit;
        BodyUnit = bodyUnit;
        register_module("body", body);
    }

    /// <summary>The inner layers.</summary>
    public Network.LayerList Body => (Network.LayerList)children().Single(); // TorchSharp would register a field once more.

    /// <summary>Codes to one in the layer's input: <see cref="Network.Unit"/> for signs, else 1.</summary>
    internal double ShortcutUnit { get; }

    /// <summary>Codes to one in what the inner layers give.</summary>
    internal double BodyUnit { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        // As a dense layer gives batch x channels where a convolution gives batch x channels x 1 x 1.
        Tensor inner = Counted(Body.forward(x), BodyUnit).reshape(x.shape);
        return inner + Counted(x, ShortcutUnit);
    }

    /// <summary>The value in codes: scaled, and rounded half up as <see cref="Requantize"/> does.</summary>
    private Tensor Counted(Tensor value, double unit)
    {
        if (unit != 1)
        {
            value = value * unit;
        }

        return _rounds ? Binarizer.StraightThrough(value, (value.detach() + 0.5).floor()) : value;
    }
}
