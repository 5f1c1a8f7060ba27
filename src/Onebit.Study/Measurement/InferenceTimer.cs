using Onebit.Datasets;
using Onebit.Export;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Times prediction from byte pixels to class of an experiment's network and, in turn with it, of the same network in
/// full precision on ONNX Runtime.
/// </summary>
public static class InferenceTimer
{
    private const int Batch = 256;

    /// <summary>
    /// The experiment's own time is that of the packed model on the Onebit runtime; of ONNX Runtime where the experiment
    /// is full precision; of libtorch where it is binarized and cannot be packed. Weights are random where nothing is
    /// packed: their values cost no time.
    /// </summary>
    /// <param name="experiment">Whose network.</param>
    /// <param name="data">The test images are predicted, one after another.</param>
    /// <param name="packed">The packed model; null where there is none.</param>
    public static (Latency Own, PeerLatency Peer) Measure(Experiment experiment, Dataset data, BitModel? packed)
    {
        ImageSet test = data.Test;
        FloatGraph graph = experiment.Network.ToFloatGraph(test.Shape, data.ClassCount);
        using var peer = new OnnxRuntimeBackend(FloatOnnxWriter.Write(graph));
        bool isFloat = !experiment.Method.Binarizes;
        using IBackend? own =
            isFloat ? null
            : packed is not null ? new PackedBackend(packed)
            : new NetworkBackend(NetworkFactory.Create(experiment, data));
        IBackend[] backends = own is null ? [peer] : [own, peer];
        double[] one = InterleavedTimer.Measure(test, 1, backends),
            many = InterleavedTimer.Measure(test, Batch, backends);
        return (new Latency(one[0], many[0]), new PeerLatency("ONNX Runtime", one[^1], many[^1]));
    }
}
