namespace Onebit.Export;

/// <summary>
/// A packed model as a QONNX model (Pappalardo et al. 2022), as Brevitas and FINN use it: float32 with nodes <c>BipolarQuant</c> and
/// <c>Quant</c>. It reads pixels of 0 to 1, images x channels x height x width, and gives logits, images x classes. Every value holds the
/// integers of the packed model.
/// </summary>
public static class QonnxExporter
{
    /// <summary>The ONNX file.</summary>
    /// <param name="model">Layers, pools, thresholds, requantization, quantization in equal steps, sums and scores.</param>
    /// <exception cref="ArgumentException">The model is a diffusion model.</exception>
    /// <exception cref="InvalidDataException">It holds what QONNX cannot say; the message names the operation.</exception>
    public static byte[] Write(BitModel model)
    {
        OnnxExporter.RequireClassifier(model);
        var graph = new QonnxGraph(model);
        IReadOnlyDictionary<int, QonnxWeights> twoBits = QonnxWeights.TwoBits(model);
        for (int i = 0; i < model.Operations.Count; i++)
        {
            Operation operation = model.Operations[i];
            graph.Add(
                operation switch
                {
                    Linear layer when QonnxWeights.IsPart(model, twoBits, i) => QonnxGraph.Nothing(),
                    Linear layer => graph.Layer(layer, QonnxWeights.OneBit(model, layer)),
                    WeightedSum sum when twoBits.TryGetValue(i, out QonnxWeights? weights) => graph.Layer(
                        (Linear)model.Operations[sum.Inputs.Span[0] - 1],
                        weights
                    ),
                    WeightedSum sum => graph.Sum(sum, sum.Multipliers),
                    Add add => graph.Sum(add, Enumerable.Repeat(1, 2 * model.Values[i + 1].Channels).ToArray()),
                    MaxPool pool => graph.Pool("MaxPool", pool, pool.Size, pool.Stride),
                    SumPool pool => graph.Scaled(graph.Pool("AveragePool", pool, pool.Size, pool.Stride), pool.Size * pool.Size),
                    Threshold threshold => graph.Signs(threshold),
                    Requantize requantize => graph.Codes(requantize),
                    Quantize quantize => graph.Codes(quantize),
                    Scores scores => graph.Logits(scores),
                    _ => throw QonnxGraph.Refusal(operation, "there are no nodes for it"),
                }
            );
        }

        return graph.ToModel();
    }
}
