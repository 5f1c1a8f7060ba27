using Onebit.Export;

namespace Onebit.Study;

/// <summary>ONNX, on ONNX Runtime.</summary>
public sealed class OnnxTarget : VerificationTarget
{
    private const int Batch = 500;

    /// <inheritdoc/>
    public override string Name => "onnx";

    /// <inheritdoc/>
    public override string Tool => "ONNX Runtime";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Programs => [];

    /// <inheritdoc/>
    public override TargetRun Run(BitModel model, ReadOnlyMemory<byte> images)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var classifier = new OnnxClassifier(OnnxExporter.Write(model));
        int bytes = Batch * model.Input.Shape.Count;
        var results = new List<long>();
        for (int start = 0; start < images.Length; start += bytes)
        {
            (long[] scores, int[] classes) = classifier.Predict(images.Span[start..Math.Min(start + bytes, images.Length)]);
            results.AddRange(scores.Chunk(model.ClassCount).SelectMany((s, i) => s.Prepend(classes[i])));
        }

        return new TargetRun(results);
    }
}
