using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A published recipe of binarizers, by its registered name. Full precision is the method with none.</summary>
public abstract class Method
{
    private static readonly SignActivation Sign = new();

    /// <summary>The name in experiments and results, such as <c>binaryconnect</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Where it was published.</summary>
    public abstract string Source { get; }

    /// <summary>The binarizer of weights; null: weights stay float32.</summary>
    public virtual WeightBinarizer? Weights => null;

    /// <summary>Bits an activation keeps: 32 (float ReLU), 8 (ReLU rounded to codes 0..255) or 1 (signs).</summary>
    public virtual int ActivationBits => 32;

    /// <summary>Bits a weight keeps.</summary>
    public int WeightBits => Weights is null ? 32 : 1;

    /// <summary>The binarizer of activations of one bit.</summary>
    public virtual ActivationBinarizer Signs => Sign;

    /// <summary>Activations of one bit are taken at a learned shift, one a channel.</summary>
    public virtual bool LearnsShifts => false;

    /// <summary>An activation that stays float32.</summary>
    public virtual Tensor RealActivation(Tensor x) => nn.functional.relu(x);

    /// <summary>All methods, in the order tables show them.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        new Float32(), new BinaryConnect(), new BinaryConnectStochastic(), new BinaryNet(),
        new Bitwise(), new XnorNet(), new DoReFa(), new BiReal(), new ReActNet(), new IrNet(),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="ExperimentException">There is none.</exception>
    public static Method Named(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new ExperimentException($"There is no method '{name}'; use one of {string.Join(", ", All.Select(m => m.Name))}.");
}
