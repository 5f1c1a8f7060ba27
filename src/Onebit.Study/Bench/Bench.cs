using Onebit.Datasets;
using Onebit.Export;

namespace Onebit.Study;

/// <summary>
/// Times packed models against their twins of equal shape: float32 on ONNX Runtime, libtorch and in plain C#, int8 on
/// ONNX Runtime. All take turns in one process, one thread each.
/// </summary>
public static class Bench
{
    /// <summary>Rows of one model, one a batch size.</summary>
    /// <param name="name">What the rows call it.</param>
    /// <param name="model">The packed model. Of a diffusion model one step is timed.</param>
    /// <param name="images">Images of the shape that it reads; predicted one batch after another.</param>
    /// <param name="batches">Images a call.</param>
    /// <exception cref="InvalidDataException">The model has no float graph.</exception>
    public static IEnumerable<BenchRow> Measure(string name, BitModel model, ImageSet images, IReadOnlyList<int> batches)
    {
        FloatGraph graph = FloatGraph.Of(model);
        using IBackend packed = model.Input.Diffusion is null ? new PackedBackend(model) : new GeneratorBackend(new Generator(model));
        using var onnx = new OnnxRuntimeBackend(FloatOnnxWriter.Write(graph));
        using var int8 = new OnnxRuntimeBackend(Int8OnnxWriter.Write(graph));
        using var torch = new TorchBackend(graph);
        using var plain = graph.IsDense ? new PlainBackend(graph) : null;
        IBackend[] backends = [packed, onnx, int8, torch, .. plain is null ? Array.Empty<IBackend>() : [plain]];
        foreach (int batch in batches)
        {
            double[] times = InterleavedTimer.Measure(images, batch, backends);
            yield return new BenchRow(
                name,
                batch,
                times[0],
                times[1],
                times[2],
                times[3],
                plain is null ? null : times[4],
                times[1] / times[0],
                BinaryMacs(model) / times[0]
            );
        }
    }

    /// <summary>Binary multiply-accumulates of one image: one of a one-bit weight with a k-bit input counts as k.</summary>
    public static long BinaryMacs(BitModel model) =>
        model
            .Operations.Select(
                (operation, i) =>
                {
                    ValueInfo input = model.Values[operation.Inputs.Span[0]],
                        output = model.Values[i + 1];
                    return operation is Linear l
                        ? (long)output.Count * (input.Channels / l.Groups) * l.KernelHeight * l.KernelWidth * input.Bits
                        : 0;
                }
            )
            .Sum();
}
