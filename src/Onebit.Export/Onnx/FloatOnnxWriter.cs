namespace Onebit.Export;

/// <summary>
/// Writes a <see cref="FloatTwin"/> as an ONNX model of float32: reads <c>pixels</c>, images x channels x height x width
/// of 0 to 1, and gives logits, images x classes. The number of images is free.
/// </summary>
public static class FloatOnnxWriter
{
    /// <summary>The name of the model's input; its output is the only one.</summary>
    public const string Input = "pixels";

    /// <summary>The ONNX file.</summary>
    public static byte[] Write(FloatTwin twin)
    {
        var graph = new OnnxGraph();
        // Dense layers read and give images x channels; all else keeps rows and columns.
        var values = new List<(string Name, bool Flat)> { (Input, false) };
        string Flat(int value) => values[value].Flat ? values[value].Name : graph.Node("Flatten", [values[value].Name]);
        string Spatial(int value) =>
            values[value].Flat ? graph.Node("Unsqueeze", [values[value].Name, graph.Constant<long>([2], [2, 3])]) : values[value].Name;
        foreach (FloatLayer layer in twin.Layers)
        {
            values.Add(
                layer switch
                {
                    FloatLayer.Linear { IsDense: true } l => (
                        graph.Node(
                            "Gemm",
                            [Flat(l.Input), Weights(l, twin.Values[l.Input].Count), graph.Constant([l.Outputs], l.Bias.Span)],
                            [("transB", 1)]
                        ),
                        true
                    ),
                    FloatLayer.Linear l => (
                        graph.Node(
                            "Conv",
                            [
                                Spatial(l.Input),
                                Weights(l, twin.Values[l.Input].Channels / l.Groups, l.KernelHeight, l.KernelWidth),
                                graph.Constant([l.Outputs], l.Bias.Span),
                            ],
                            OnnxAttributes.Of(l)
                        ),
                        false
                    ),
                    FloatLayer.MaxPool p => (graph.Node("MaxPool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)), false),
                    FloatLayer.AveragePool p => (
                        graph.Node("AveragePool", [Spatial(p.Input)], OnnxAttributes.Pool(p.Size, p.Stride)),
                        false
                    ),
                    FloatLayer.Add a when values[a.Input].Flat || values[a.Other].Flat => (
                        graph.Node("Add", [Flat(a.Input), Flat(a.Other)]),
                        true
                    ),
                    FloatLayer.Add a => (graph.Node("Add", [values[a.Input].Name, values[a.Other].Name]), false),
                    FloatLayer.Relu => (graph.Node("Relu", [values[layer.Input].Name]), values[layer.Input].Flat),
                    _ => throw new NotSupportedException($"ONNX has no {layer.GetType().Name}."),
                }
            );
        }
        return graph.ToModel<float>(Input, twin.Values[0], Flat(twin.Logits), twin.ClassCount);

        string Weights(FloatLayer.Linear layer, params int[] fanIn) => graph.Constant([layer.Outputs, .. fanIn], layer.Weights.Span);
    }
}
