using Microsoft.ML.OnnxRuntime;
using Onebit.Export;

namespace Onebit.Study;

/// <summary>A model that <see cref="OnnxExporter"/> has written, on ONNX Runtime's CPU provider: images to scores and classes.</summary>
public sealed class OnnxClassifier : IDisposable
{
    private readonly InferenceSession _session;

    /// <summary>Loads a model.</summary>
    /// <param name="file">The content of the ONNX file.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses it; the message says why.</exception>
    public OnnxClassifier(byte[] file)
    {
        OnnxRuntimeLibrary.DisableTelemetry();
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(file, options);
    }

    /// <summary>Scores and classes of many images.</summary>
    /// <param name="images">Images of channels x height x width bytes, one after another.</param>
    /// <returns>One score per image and class, first all of the first image; and one class per image.</returns>
    /// <exception cref="ArgumentException">The bytes are not whole images.</exception>
    public (long[] Scores, int[] Classes) Predict(ReadOnlySpan<byte> images)
    {
        int[] dimensions = _session.InputMetadata[OnnxExporter.Input].Dimensions;
        int size = dimensions[1] * dimensions[2] * dimensions[3];
        if (images.Length % size != 0)
        {
            throw new ArgumentException($"Images of {size} bytes are not {images.Length} bytes.", nameof(images));
        }

        long[] shape = [images.Length / size, dimensions[1], dimensions[2], dimensions[3]];
        using var input = OrtValue.CreateTensorValueFromMemory(images.ToArray(), shape);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(
            options,
            [OnnxExporter.Input],
            [input],
            [OnnxExporter.Scores, OnnxExporter.Class]
        );
        return (
            outputs[0].GetTensorDataAsSpan<long>().ToArray(),
            Array.ConvertAll(outputs[1].GetTensorDataAsSpan<long>().ToArray(), c => (int)c)
        );
    }

    /// <summary>Frees the memory of ONNX Runtime.</summary>
    public void Dispose() => _session.Dispose();
}
