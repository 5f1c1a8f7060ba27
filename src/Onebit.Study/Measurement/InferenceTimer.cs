using System.Diagnostics;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Times prediction from byte pixels to class, one thread. A model and its full-precision peer take turns round by
/// round in one process, so that whatever else the machine does meets both; the median round counts.
/// </summary>
public static class InferenceTimer
{
    private const int Rounds = 9;
    private const double RoundSeconds = 0.02;
    private const int Batch = 256;

    /// <summary>Times an experiment's network and its full-precision twin.</summary>
    /// <param name="experiment">Whose network; weights are random where nothing is packed: their values cost no time.</param>
    /// <param name="data">The test images are predicted, one after another.</param>
    /// <param name="packed">The packed model; null: the network runs on libtorch.</param>
    public static (Latency Own, PeerLatency Peer) Measure(Experiment experiment, Dataset data, BitModel? packed)
    {
        int threads = get_num_threads();
        set_num_threads(1);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        try
        {
            int batch = Math.Min(Batch, data.Test.Count);
            bool isFloat = Method.Named(experiment.Method).Weights is null;
            using Network peer = Trainer.CreateNetwork(isFloat ? experiment : experiment with { Method = "float32", Pixels = PixelEncoding.Normalized, ActivationBits = null }, data);
            peer.eval();
            Action<int> peerRun = OnTorch(peer, data.Test);
            if (isFloat)
            {
                WarmUp(peerRun);
                double[] alone = [.. new[] { 1, batch }.Select(b => InTurn(b, peerRun)[0])];
                return (new Latency(alone[0], alone[1]), new PeerLatency("libtorch", alone[0], alone[1]));
            }
            using Network? own = packed is null ? Trainer.CreateNetwork(experiment, data) : null;
            own?.eval();
            Action<int> ownRun = packed is null ? OnTorch(own!, data.Test) : OnBits(packed, data.Test);
            WarmUp(ownRun);
            WarmUp(peerRun);
            double[] one = InTurn(1, ownRun, peerRun), many = InTurn(batch, ownRun, peerRun);
            return (new Latency(one[0], many[0]), new PeerLatency("libtorch", one[1], many[1]));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>Median nanoseconds an image of each contestant.</summary>
    private static double[] InTurn(int batch, params Action<int>[] contestants)
    {
        double[][] rounds = [.. contestants.Select(_ => new double[Rounds])];
        int[] calls = [.. contestants.Select(c => Calls(() => c(batch)))];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int call = 0; call < calls[i]; call++)
                    contestants[i](batch);
                rounds[i][round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls[i] / batch;
            }
        }
        return [.. rounds.Select(r => r.Order().ElementAt(Rounds / 2))];
    }

    /// <summary>Until the just-in-time compiler has optimized what is called: 30 calls and a tenth of a second make it begin.</summary>
    private static void WarmUp(Action<int> contestant)
    {
        var clock = Stopwatch.StartNew();
        for (int calls = 0; calls < 60 || clock.Elapsed.TotalSeconds < 0.4; calls++)
            contestant(1);
    }

    /// <summary>How many calls make a round.</summary>
    private static int Calls(Action call)
    {
        int calls = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < RoundSeconds)
        {
            call();
            calls++;
        }
        return calls;
    }

    private static Action<int> OnBits(BitModel model, ImageSet test)
    {
        int next = 0;
        int[] classes = new int[Batch];
        return batch =>
        {
            ReadOnlySpan<byte> pixels = Next(test, batch, ref next);
            if (batch == 1)
                classes[0] = model.Predict(pixels);
            else
                model.Predict(pixels, classes.AsSpan(0, batch));
        };
    }

    private static Action<int> OnTorch(Network network, ImageSet test)
    {
        int next = 0;
        return batch =>
        {
            using var scope = NewDisposeScope();
            Tensor pixels = tensor(Next(test, batch, ref next).ToArray(), [batch, test.Channels, test.Height, test.Width], ScalarType.Byte);
            network.forward(network.Prepare(pixels)).argmax(1).data<long>().ToArray();
        };
    }

    private static ReadOnlySpan<byte> Next(ImageSet test, int batch, ref int next)
    {
        if (next + batch > test.Count)
            next = 0;
        int size = test.Channels * test.Height * test.Width;
        ReadOnlySpan<byte> pixels = test.Pixels.Span.Slice(next * size, batch * size);
        next += batch;
        return pixels;
    }
}
