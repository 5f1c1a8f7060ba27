using Microsoft.ML.OnnxRuntime;

namespace Onebit.Study;

/// <summary>
/// An ONNX model on ONNX Runtime's CPU provider, one thread, all its graph optimizations. Input and output are bound
/// once for each batch size, so a call does no more than it must.
/// </summary>
internal sealed class OnnxRuntimeBackend : FloatBackend
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly bool _readsBytes;
    private readonly long[] _shape;
    private readonly int _classCount;
    private Bound? _bound;

    /// <summary>
    /// Loads a model whose one input is images x channels x height x width, float32 of 0 to 1 or uint8, and whose one output is images x
    /// classes.
    /// </summary>
    internal OnnxRuntimeBackend(byte[] model)
    {
        OnnxRuntimeLibrary.DisableTelemetry();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(model, options);
        NodeMetadata input = _session.InputMetadata.Values.Single();
        _readsBytes = input.ElementType == typeof(byte);
        _shape = [.. input.Dimensions.Select(d => (long)d)];
        _classCount = _session.OutputMetadata.Values.Single().Dimensions[1];
    }

    internal override ReadOnlySpan<float> Logits(ReadOnlySpan<byte> images, int count)
    {
        if (_bound?.Logits.Length != count * _classCount)
        {
            _bound?.Dispose();
            _shape[0] = count;
            _bound = new Bound(_session, _readsBytes, images.Length, _shape, _classCount);
        }
        if (_readsBytes)
        {
            images.CopyTo(_bound.Bytes);
        }
        else
        {
            ToFloats(images, _bound.Floats);
        }

        _session.RunWithBinding(_run, _bound.Binding);
        return _bound.Logits;
    }

    public override void Dispose()
    {
        _bound?.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    /// <summary>Arrays of one batch size, which ONNX Runtime reads and writes in place.</summary>
    private sealed class Bound : IDisposable
    {
        private readonly OrtValue _input,
            _output;

        internal Bound(InferenceSession session, bool readsBytes, int pixels, long[] shape, int classes)
        {
            Logits = new float[shape[0] * classes];
            Bytes = new byte[readsBytes ? pixels : 0];
            Floats = new float[readsBytes ? 0 : pixels];
            _input = readsBytes ? OrtValue.CreateTensorValueFromMemory(Bytes, shape) : OrtValue.CreateTensorValueFromMemory(Floats, shape);
            _output = OrtValue.CreateTensorValueFromMemory(Logits, [shape[0], classes]);
            Binding = session.CreateIoBinding();
            Binding.BindInput(session.InputNames[0], _input);
            Binding.BindOutput(session.OutputNames[0], _output);
        }

        internal OrtIoBinding Binding { get; }

        internal byte[] Bytes { get; }

        internal float[] Floats { get; }

        internal float[] Logits { get; }

        public void Dispose()
        {
            Binding.Dispose();
            _input.Dispose();
            _output.Dispose();
        }
    }
}
