using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Inner layers plus a shortcut. In binarized networks both sides count in codes, so that the packed sum is one of
/// integers: the inner normalization's output is rounded to a code, signs of a shortcut count as one unit.
/// </summary>
public sealed class ResidualLayer : nn.Module<Tensor, Tensor>
{
    private readonly bool _rounds;
    private readonly double _shortcutUnit;
    private readonly double _bodyUnit;

    internal ResidualLayer(string name, Network.LayerList body, bool rounds, double shortcutUnit, double bodyUnit) : base(name)
    {
        Body = body;
        _rounds = rounds;
        _shortcutUnit = shortcutUnit;
        _bodyUnit = bodyUnit;
        register_module("body", body);
    }

    /// <summary>The inner layers.</summary>
    public Network.LayerList Body { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        Tensor inner = Counted(Body.forward(x), _bodyUnit);
        return inner + Counted(x, _shortcutUnit);
    }

    /// <summary>The value in codes: scaled, and rounded half up as <see cref="Requantize"/> does.</summary>
    private Tensor Counted(Tensor value, double unit)
    {
        if (unit != 1)
            value = value * unit;
        return _rounds ? Binarizer.StraightThrough(value, (value.detach() + 0.5).floor()) : value;
    }
}
