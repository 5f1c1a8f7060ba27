using System.Text.Json.Serialization;
using Onebit.Export;

namespace Onebit.Training;

/// <summary>
/// One layer of a network, as an experiment file lists it, and all that is known about it: its output's shape, its torch module, which also
/// packs it, and its part of the float graph. The same layers make the full-precision network and every binarized one.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(DenseLayer), "dense")]
[JsonDerivedType(typeof(ConvLayer), "conv")]
[JsonDerivedType(typeof(MaxPoolLayer), "maxPool")]
[JsonDerivedType(typeof(AveragePoolLayer), "averagePool")]
[JsonDerivedType(typeof(BatchNormLayer), "batchNorm")]
[JsonDerivedType(typeof(ActivationLayer), "activation")]
[JsonDerivedType(typeof(GeluLayer), "gelu")]
[JsonDerivedType(typeof(RPReLULayer), "rprelu")]
[JsonDerivedType(typeof(MaxoutLayer), "maxout")]
[JsonDerivedType(typeof(DropoutLayer), "dropout")]
[JsonDerivedType(typeof(ScaleLayer), "scale")]
[JsonDerivedType(typeof(LearnedScaleLayer), "learnedScale")]
[JsonDerivedType(typeof(AddLayer), "add")]
[JsonDerivedType(typeof(ConcatLayer), "concat")]
[JsonDerivedType(typeof(UpsampleLayer), "upsample")]
[JsonDerivedType(typeof(LayerNormLayer), "layerNorm")]
[JsonDerivedType(typeof(PositionalEmbeddingLayer), "positionalEmbedding")]
[JsonDerivedType(typeof(QuantizeLayer), "quantize")]
[JsonDerivedType(typeof(ConditionLayer), "condition")]
[JsonDerivedType(typeof(AttentionLayer), "attention")]
[JsonDerivedType(typeof(IdentityLayer), "identity")]
[JsonDerivedType(typeof(RepeatLayer), "repeat")]
public abstract record Layer
{
    /// <summary>What later layers call it; null: nothing.</summary>
    public string? Name { get; init; }

    /// <summary>The earlier layers that it reads, by name, or <c>input</c>; null: the layer before it.</summary>
    [JsonConverter(typeof(NamesConverter))]
    public IReadOnlyList<string>? From { get; init; }

    /// <summary>The types of layers by their name in JSON.</summary>
    internal static IReadOnlyDictionary<string, Type> Types { get; } =
        typeof(Layer)
            .GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false)
            .Cast<JsonDerivedTypeAttribute>()
            .ToDictionary(a => (string)a.TypeDiscriminator!, a => a.DerivedType);

    /// <summary>What messages call a layer: its number and its type.</summary>
    internal string LabelAt(string number) => $"layer {number} ({Types.First(t => t.Value == GetType()).Key})";

    /// <summary>In a few words, for one line of a whole network; null: nothing that one must know.</summary>
    internal virtual string? Brief => Types.First(t => t.Value == GetType()).Key;

    /// <summary>Several layers in one line.</summary>
    internal static string BriefOf(IEnumerable<Layer> layers) => string.Join(", ", layers.Select(l => l.Brief).OfType<string>());

    /// <summary>How many values it reads.</summary>
    internal virtual int InputCount => 1;

    /// <summary>It gives what it reads, but for training: whoever reads it reads what it reads.</summary>
    internal virtual bool IsIdentity => false;

    /// <summary>Packed, it takes any affine of the integers that it reads: a batch normalization before it folds into it.</summary>
    internal virtual bool FoldsBatchNorm => false;

    /// <summary>The shape of what it gives.</summary>
    /// <exception cref="ExperimentException">It does not fit what it reads.</exception>
    internal abstract Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs);

    /// <summary>Its torch module; weights are drawn from torch's global generator.</summary>
    /// <param name="context">What the experiment says of all layers.</param>
    /// <param name="node">Its place in the network.</param>
    /// <param name="input">The shape of what it reads first.</param>
    /// <exception cref="ExperimentException">It cannot be made.</exception>
    internal abstract LayerModule CreateModule(BuildContext context, LayerNode node, Shape input);

    /// <summary>Adds its part to the network that a full-precision user would run.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">The graph's values that it reads.</param>
    /// <param name="classes">Number of classes.</param>
    /// <returns>The graph's value that it gives.</returns>
    internal abstract int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes);
}
