using System.Text.Json.Serialization;
using Onebit.Export;

namespace Onebit.Training;

/// <summary>A network as data: a name for tables, and its layers.</summary>
/// <param name="Name">The registered name, such as <c>mlp</c>.</param>
/// <param name="Layers">The layers, input first.</param>
public sealed record NetworkSpec(string Name, IReadOnlyList<Layer> Layers)
{
    /// <summary>The layers in one line, without batch normalization and activations.</summary>
    [JsonIgnore]
    public string Brief => Layer.BriefOf(Layers);

    /// <summary>The layers as a graph, repetitions written out, in the order they run.</summary>
    /// <exception cref="ExperimentException">A name is unknown, used twice or not allowed; a layer is missing, or read by none.</exception>
    public IReadOnlyList<LayerNode> ToGraph() => new GraphReader(Name).Read(Layers);

    /// <summary>The network that a full-precision user would run, with random weights: normalizations and scales are folded away.</summary>
    /// <param name="input">The shape of an image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="ExperimentException">The layers make no graph.</exception>
    public FloatGraph ToFloatGraph(Shape input, int classes)
    {
        var graph = new FloatGraphBuilder(input);
        var values = new List<int> { 0 };
        foreach (LayerNode node in ToGraph())
        {
            values.Add(node.Layer.AddTo(graph, [.. node.Inputs.Select(v => values[v])], classes));
        }

        return graph.Build(values[^1]);
    }
}
