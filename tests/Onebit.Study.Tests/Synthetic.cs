using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study.Tests;

/// <summary>Studies that nobody ran.</summary>
internal sealed class Synthetic
{
    internal Synthetic(int channels = 1, int height = 6, int width = 5, int classes = 4, int count = 200)
    {
        var random = new Random(1);
        byte[] pixels = new byte[count * channels * height * width];
        random.NextBytes(pixels);
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))];
        Classes = classes;
        ClassNames = [.. Enumerable.Range(0, classes).Select(c => $"{c}")];
        Test = new ImageSet(pixels, labels, channels, height, width);
    }

    internal int Classes { get; }

    internal IReadOnlyList<string> ClassNames { get; set; }

    internal ImageSet Test { get; }

    internal Dictionary<string, byte[]> Predictions { get; } = [];

    internal List<StudyRun> Runs { get; } = [];

    internal StudyResults Results =>
        new(
            1,
            "quick",
            new MachineInfo("Processor <X>", 2, 8_000_000_000, "Linux", ".NET 10", 512),
            new DatasetInfo("mnist", 1000, 100, Test.Count, Classes, ClassNames, null, HardSet?.Length),
            Runs
        );

    internal int[]? HardSet { get; init; }

    internal string Report => ReportWriter.Write(Results, Predictions, Test, HardSet);

    /// <summary>A run that is wrong on the given number of images, from the first one it may be wrong on.</summary>
    internal StudyRun Add(
        string network,
        string method,
        int wrong,
        int from = 0,
        int seeds = 1,
        bool packed = true,
        string? experiment = null
    )
    {
        byte[] predictions = Test.Labels.ToArray();
        for (int i = from; i < from + wrong; i++)
        {
            predictions[i] = (byte)((predictions[i] + 1) % Classes);
        }

        int[][] confusion = [.. Enumerable.Range(0, Classes).Select(_ => new int[Classes])];
        for (int i = 0; i < predictions.Length; i++)
        {
            confusion[Test.Labels.Span[i]][predictions[i]]++;
        }

        bool full = method == "float32";
        double accuracy = 1 - (double)wrong / Test.Count;
        Spread Around(double value, double step) => Spread.Of(Enumerable.Range(0, seeds).Select(s => value - s * step));
        var run = new StudyRun
        {
            Experiment = experiment ?? $"{network}-{method}",
            Note = null,
            Network = network,
            Method = method,
            InputBits = full ? 32 : 8,
            WeightBits = full ? 32 : 1,
            ActivationBits =
                full ? 32
                : method == "binarynet" ? 1
                : 8,
            Parameters = 10_000,
            BinaryParameters = full ? 0 : 9_800,
            MultiplyAccumulates = 10_000,
            Packed = packed && !full,
            NotPackedBecause = packed || full ? null : "its activations keep 32 bits",
            ModelBytes = full ? 40_000 : 2_000,
            Seeds = [.. Enumerable.Range(1, seeds)],
            TestAccuracy = Around(accuracy, 0.01),
            UnfoldedTestAccuracy = Around(accuracy, 0.01),
            ValidationAccuracy = Around(accuracy, 0.01),
            TestLoss = Around(0.1, 0.01),
            HardSetAccuracy = HardSet is null
                ? null
                : Spread.Of([(double)HardSet.Count(i => predictions[i] == Test.Labels.Span[i]) / HardSet.Length]),
            Forms = null,
            EvaluatedForm = null,
            TrainImages = 1000,
            ValidationImages = 100,
            Epochs = 3,
            TrainSeconds = Around(12, 0),
            TrainProcessorSeconds = Around(full ? 10 : 20, 0),
            TrainingModelBytes = 160_000,
            PeakTrainingBytes = 400_000_000,
            InferenceNanoseconds = full ? new Latency(20_000, 5_000) : new Latency(500, 10_000),
            Peer = new PeerLatency("ONNX Runtime", 20_000, 5_000),
            Ratio = full ? new Latency(1, 1) : new Latency(40, 0.5),
            Confusion = confusion,
            Curves = ClassificationCurves.Of([0.9, 0.5, 0.3], [0.8, 0.4, 0.35], [0.7, 0.8, accuracy]),
        };
        Predictions[run.Experiment] = predictions;
        Runs.Add(run);
        return run;
    }

    /// <summary>Changes the run added last.</summary>
    internal void Change(Func<StudyRun, StudyRun> change) => Runs[^1] = change(Runs[^1]);
}
