using System.Text.Json;
using Onebit.Datasets;

namespace Onebit.Training.Tests;

/// <summary>What tests of training share: a small experiment, few images, and a folder.</summary>
public abstract class TrainingTests : IDisposable
{
    // 500 to train, 100 to validate, 200 to test.
    private protected static readonly Dataset s_mnist = Slice(DatasetLoader.LoadTest("mnist"));

    private protected readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static Experiment Small(string method) =>
        new()
        {
            Name = "small",
            Network = Spec(
                """
                [
                  { "type": "dense", "units": 24 }, { "type": "batchNorm" }, { "type": "activation" }, { "type": "dropout", "rate": 0.2 },
                  { "type": "dense" }, { "type": "batchNorm" }
                ]
                """
            ),
            Method = Method.Named(method),
            Epochs = 3,
            BatchSize = 250,
            Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.01),
        };

    private protected static ImageSet WithLabels(ImageSet images, byte[] labels) =>
        new(images.Pixels, labels, images.Channels, images.Height, images.Width);

    private protected static NetworkSpec Spec(string layers) => new("small", JsonSerializer.Deserialize<Layer[]>(layers, Experiment.Json)!);

    private protected static Dataset Slice(ImageSet images) => new("slice", images.Slice(0, 600), images.Slice(600, 200));

    private protected static ClassificationResult Run(Experiment experiment, string folder, int seed = 1) =>
        (ClassificationResult)new Trainer(experiment, s_mnist, seed, folder).Run(TestContext.Current.CancellationToken);

    private protected static string Checkpoint(string folder) => Path.Combine(folder, "checkpoint.safetensors");

    private protected static double Loss(BitModel model, int image)
    {
        long[] scores = new long[10];
        double[] probabilities = new double[10];
        model.Predict(s_mnist.Test.Image(image), scores);
        model.Probabilities(scores, probabilities);
        return -Math.Log(probabilities[s_mnist.Test.Labels.Span[image]]);
    }

    /// <summary>Starts or resumes a run and cancels it after so many steps.</summary>
    private protected static void Kill(Experiment experiment, string folder, int step)
    {
        using var source = new CancellationTokenSource();
        var progress = new Stop(_ =>
        {
            if (--step == 0)
            {
                source.Cancel();
            }
            else
            {
                Thread.Sleep(Stop.Pause);
            }
        });
        Assert.Throws<OperationCanceledException>(() => new Trainer(experiment, s_mnist, 1, folder, progress).Run(source.Token));
        Assert.Equal(0, step);
    }

    private protected static string WithoutTimes(ClassificationResult result) =>
        JsonSerializer.Serialize(result with { TrainSeconds = 0, TrainProcessorSeconds = 0, PeakTrainingBytes = 0 }, Experiment.Json);

    private protected static double Accuracy(byte[] predictions, ImageSet images) =>
        (double)predictions.Where((p, i) => p == images.Labels.Span[i]).Count() / images.Count;

    /// <summary>Told after each step, as long as it takes its time.</summary>
    private protected sealed class Stop(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        /// <summary>Progress is told no more often than twice a second.</summary>
        public static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.51);

        public void Report(TrainingProgress value) => report(value);
    }
}
