namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatGraph"/> as an ONNX model of float32: reads <c>pixels</c>, images x channels x height x width
/// of 0 to 1, and gives logits, images x classes. The number of images is free.
/// </summary>
public static class FloatOnnxWriter
{
    /// <summary>The name of the model's input; its output is the only one.</summary>
    public const string Input = "pixels";

    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatGraph graph)
    {
        var onnx = new OnnxGraph();
        // Dense layers read and give images x channels; all else keeps rows and columns.
        var values = new List<(string Name, bool Flat)> { (Input, false) };
        string Flat(int value) => values[value].Flat ? values[value].Name : onnx.Node("Flatten", [values[value].Name]);
        string Spatial(int value) =>
            values[value].Flat ? onnx.Node("Unsqueeze", [values[value].Name, onnx.Constant<long>([2], [2, 3])]) : values[value].Name;
        foreach (FloatNode node in graph.Nodes)
        {
            values.Add(
                node switch
                {
                    FloatNode.Linear { IsDense: true } l => (
                        onnx.Node(
                            "Gemm",
                            [Flat(l.Input), Weights(l, graph.Values[l.Input].Count), onnx.Constant([l.Outputs], l.Bias.Span)],
                            [("transB", 1)]
                        ),
                        true
                    ),
                    FloatNode.Linear l => (
                        onnx.Node(
                            "Conv",
                            [
                                Spatial(l.Input),
                                Weights(l, graph.Values[l.Input].Channels / l.Groups, l.KernelHeight, l.KernelWidth),
                                onnx.Constant([l.Outputs], l.Bias.Span),
                            ],
                            OnnxAttributes.Of(l)
                        ),
                        false
                    ),
                    FloatNode.MaxPool p => (onnx.Node("MaxPool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)), false),
                    FloatNode.AveragePool p => (onnx.Node("AveragePool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)), false),
                    FloatNode.Add a when values[a.Input].Flat || values[a.Other].Flat => (
                        onnx.Node("Add", [Flat(a.Input), Flat(a.Other)]),
                        true
                    ),
                    FloatNode.Add a => (onnx.Node("Add", [values[a.Input].Name, values[a.Other].Name]), false),
                    FloatNode.Relu => (onnx.Node("Relu", [values[node.Input].Name]), values[node.Input].Flat),
                    _ => throw new NotSupportedException($"ONNX has no {node.GetType().Name}."),
                }
            );
        }
        return onnx.ToModel<float>(Input, graph.Values[0], Flat(graph.Logits), graph.ClassCount);

        string Weights(FloatNode.Linear layer, params int[] fanIn) => onnx.Constant([layer.Outputs, .. fanIn], layer.Weights.Span);
    }
}
