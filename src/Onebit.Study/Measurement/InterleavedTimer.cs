using System.Diagnostics;
using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Times backends against each other on one thread. They take turns round by round in one process, so that whatever
/// else the machine does meets all of them; the median round counts.
/// </summary>
internal static class InterleavedTimer
{
    private const int Rounds = 9;
    private const double RoundSeconds = 0.02;
    private const double WarmUpSeconds = 0.3;

    /// <summary>Median nanoseconds an image of each backend.</summary>
    /// <param name="images">Predicted one batch after another; repeated where they are fewer than a batch.</param>
    /// <param name="batch">Images a call.</param>
    /// <param name="backends">Who takes turns.</param>
    internal static double[] Measure(ImageSet images, int batch, IReadOnlyList<IBackend> backends)
    {
        int threads = get_num_threads();
        set_num_threads(1);
        using var _ = inference_mode();
        try
        {
            ReadOnlyMemory<byte> pixels =
                images.Count >= batch
                    ? images.Pixels
                    : Enumerable.Repeat(images.Pixels.ToArray(), (batch - 1) / images.Count + 1).SelectMany(p => p).ToArray();
            Caller[] callers = [.. backends.Select(c => new Caller(c, pixels, batch, batch * images.Image(0).Length))];
            foreach (Caller caller in callers)
            {
                caller.WarmUp();
            }

            double[][] rounds = [.. callers.Select(_ => new double[Rounds])];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < callers.Length; i++)
                {
                    rounds[i][round] = callers[i].Round() / batch;
                }
            }
            return [.. rounds.Select(r => r.Order().ElementAt(Rounds / 2))];
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private sealed class Caller(IBackend backend, ReadOnlyMemory<byte> pixels, int batch, int batchBytes)
    {
        private readonly int[] _classes = new int[batch];
        private int _next;
        private int _calls;

        /// <summary>Until the just-in-time compiler has optimized what is called; finds how many calls make a round.</summary>
        internal void WarmUp()
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed.TotalSeconds < WarmUpSeconds)
            {
                Call();
            }

            clock.Restart();
            for (_calls = 0; clock.Elapsed.TotalSeconds < RoundSeconds; _calls++)
            {
                Call();
            }
        }

        /// <summary>Nanoseconds a call.</summary>
        internal double Round()
        {
            long start = Stopwatch.GetTimestamp();
            for (int call = 0; call < _calls; call++)
            {
                Call();
            }

            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / _calls;
        }

        private void Call()
        {
            if (_next + batchBytes > pixels.Length)
            {
                _next = 0;
            }

            backend.Predict(pixels.Span.Slice(_next, batchBytes), _classes);
            _next += batchBytes;
        }
    }
}
