using System.Text.Json.Serialization;
using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A published recipe of binarizers. Full precision is the method with none. An experiment gives its name, or an object with the name and
/// the method's own options, which are the parameters of its constructor.
/// </summary>
[JsonConverter(typeof(MethodConverter))]
public abstract record Method
{
    /// <summary>The name in experiments and results, such as <c>binaryconnect</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Where it was published.</summary>
    public abstract string Source { get; }

    /// <summary>Bits of a weight unless the experiment asks for more; 32: weights stay float32.</summary>
    public virtual int WeightBits => 1;

    /// <summary>The maximum bits of a weight that an experiment may ask for.</summary>
    public virtual int MaxWeightBits => 1;

    /// <summary>
    /// What an activation is unless the experiment says otherwise: 32 (float ReLU), 8 (ReLU rounded to codes 0..255), or the bits of
    /// the method's own binarizer.
    /// </summary>
    public virtual int ActivationBits => 32;

    /// <summary>The maximum bits of an activation that an experiment may ask for, 8 and 32 aside.</summary>
    public virtual int MaxActivationBits => 1;

    /// <summary>Weights are binarized; false for full precision alone.</summary>
    public bool Binarizes => WeightBits < 32;

    /// <summary>A binarizer for the weights of one layer.</summary>
    /// <param name="bits">Bits, <see cref="WeightBits"/> to <see cref="MaxWeightBits"/>.</param>
    /// <param name="shape">Outputs x (channels / groups) x rows x columns.</param>
    public virtual WeightBinarizer Weights(int bits, long[] shape) => throw new NotSupportedException($"{Name} has no binarizer.");

    /// <summary>A binarizer for the activations of one layer.</summary>
    /// <param name="bits">Bits, 1 to <see cref="MaxActivationBits"/>.</param>
    /// <param name="channels">Channels of what is binarized.</param>
    public virtual ActivationBinarizer Activation(int bits, int channels) => new SignActivation();

    /// <summary>A binarizer for numbers of both signs that are no activation, such as what attention reads.</summary>
    /// <param name="bits">Bits, 1 to <see cref="MaxActivationBits"/>.</param>
    /// <param name="channels">Channels of what is binarized.</param>
    public virtual ActivationBinarizer SignedActivation(int bits, int channels) => Activation(bits, channels);

    /// <summary>Checks the method's own options.</summary>
    /// <param name="weightBits">What the experiment asks for.</param>
    /// <returns>What to change, as a part of a sentence; null: nothing.</returns>
    public virtual string? FindMistake(int weightBits) => null;

    /// <summary>An activation that stays float32.</summary>
    public virtual Tensor RealActivation(Tensor x) => nn.functional.relu(x);

    /// <summary>
    /// Chooses, before packing, what replaces the trained weights, and leaves the network so. Null: the method has no choice.
    /// </summary>
    /// <returns>All forms, the first as in training, and the chosen one.</returns>
    public virtual (IReadOnlyList<FormEvaluation> All, FormEvaluation Chosen)? ChooseForm(ITrainedNetwork network) => null;

    /// <summary>All methods, in the order tables show them.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        new Float32(),
        new BinaryConnect(),
        new BinaryConnectStochastic(),
        new BinaryNet(),
        new Bitwise(),
        new XnorNet(),
        new DoReFa(),
        new BiReal(),
        new ReActNet(),
        new IrNet(),
        new AbcNet(),
        new LqNets(),
        new AdaBin(),
        new Ternary(),
        new Schmitt(),
        new Dither(),
        new Bit(),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="ExperimentException">There is none.</exception>
    public static Method Named(string name) =>
        All.FirstOrDefault(m => m.Name == name)
        ?? throw new ExperimentException(
            $"There is no method '{name}'{NearName.Hint(name, All.Select(m => m.Name))}; "
                + $"use one of {string.Join(", ", All.Select(m => m.Name))}."
        );
}
