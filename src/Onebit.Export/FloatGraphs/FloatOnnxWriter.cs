namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatGraph"/> as an ONNX model of float32: reads <c>pixels</c>, images x channels x height x width
/// of 0 to 1, and gives the graph's output, images x elements: the logits of a classifier. The number of images is free.
/// </summary>
public static class FloatOnnxWriter
{
    /// <summary>The name of the model's input; its output is the only one.</summary>
    public const string Input = "pixels";

    internal const string GraphName = "onebit float graph";

    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatGraph graph)
    {
        var values = new OnnxValues(new OnnxGraph());
        foreach (FloatNode node in graph.Nodes)
        {
            node.Write(values);
        }

        values.Model.Output<float>(values.Flat(graph.Output), graph.OutputCount);
        return values.Model.ToModel<float>(Input, graph.Values[0], GraphName);
    }
}
