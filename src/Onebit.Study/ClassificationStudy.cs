using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// What a study of classifiers measures of each experiment, and the report and pictures that show it. The rest of a study knows nothing of
/// classes.
/// </summary>
/// <param name="data">The images.</param>
internal sealed class ClassificationStudy(Dataset data) : IStudyTask
{
    private readonly int[]? _hardSet = HardSet.Find(data.Test);
    private readonly Dictionary<string, byte[]> _predictions = [];
    private readonly Dictionary<string, string> _attentionFolders = []; // Of first seeds of networks with attention.

    /// <summary>Test images that are known to be hard; null: none are.</summary>
    internal int? HardImages => _hardSet?.Length;

    public string? FindMistake(RunResult run, string folder)
    {
        const int MaxCompared = 500;
        if (!run.Packed)
        {
            return null;
        }

        BitModel model;
        try
        {
            model = Classifier.Load(Path.Combine(folder, RunFolder.ModelFile));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return $"its model cannot be read ({e.Message.Split('\n')[0].TrimEnd('.')})";
        }

        ImageSet some = data.Test.Slice(0, Math.Min(MaxCompared, data.Test.Count));
        ModelInput input = model.Input;
        bool SameClasses(byte[] noted)
        {
            int[] classes = new int[some.Count];
            model.PredictBatch(some.Pixels.Span, classes);
            return noted.Take(some.Count).Select(c => (int)c).SequenceEqual(classes);
        }

        return
            (input.Channels, input.Height, input.Width) == (some.Channels, some.Height, some.Width)
            && model.ClassNames.SequenceEqual(data.ClassNames)
            && run is ClassificationResult { TestPredictions: var noted }
            && SameClasses(noted)
            ? null
            : "its model is another one: it does not predict what the run has noted";
    }

    /// <summary>Measures an experiment.</summary>
    /// <param name="experiment">Whose row.</param>
    /// <param name="runs">Its finished runs, one per seed.</param>
    /// <param name="folder">The folder of the first of them.</param>
    internal StudyRun Measure(Experiment experiment, IEnumerable<RunResult> runs, string folder)
    {
        ClassificationResult[] results = [.. runs.Cast<ClassificationResult>()];
        ClassificationResult first = results[0];
        _predictions[experiment.Name] = first.TestPredictions;
        if (experiment.Network.ToGraph().Any(node => node.Layer is AttentionLayer))
        {
            _attentionFolders[experiment.Name] = folder;
        }

        BitModel? model = first.Packed ? Classifier.Load(Path.Combine(folder, RunFolder.ModelFile)) : null;
        (Latency own, PeerLatency peer) = InferenceTimer.Measure(experiment, data, model);
        Spread Over(Func<ClassificationResult, double> value) => Spread.Of(results.Select(value));
        return new StudyRun(first)
        {
            Note = experiment.Note,
            Network = experiment.Network.Name,
            Layers = experiment.Network.Brief,
            Recipe = experiment.Recipe,
            Method = experiment.Method.Name,
            PeakActivationBytes = model is null ? null : ActivationMemory.Peak(model),
            ModelBytes = results.Max(r => r.ModelBytes),
            Seeds = [.. results.Select(r => r.Seed)],
            TestAccuracy = Over(r => r.TestAccuracy),
            UnfoldedTestAccuracy = Over(r => r.UnfoldedTestAccuracy),
            ValidationAccuracy = Over(r => r.ValidationAccuracy),
            TestLoss = Over(r => r.TestLoss),
            HardSetAccuracy = _hardSet is null
                ? null
                : Over(r => Evaluation.AccuracyOf(data.Test.Labels.Span, r.TestPredictions, _hardSet)),
            TrainSeconds = Over(r => r.TrainSeconds),
            TrainProcessorSeconds = Over(r => r.TrainProcessorSeconds),
            PeakTrainingBytes = results.Max(r => r.PeakTrainingBytes),
            InferenceNanoseconds = own,
            Peer = peer,
            Ratio = new Latency(peer.Batch1 / own.Batch1, peer.Batch256 / own.Batch256),
            Confusion = Evaluation.Confusion(data.Test.Labels.Span, first.TestPredictions, data.ClassCount),
        };
    }

    /// <summary>Writes the report, its pictures and its figures as tables.</summary>
    internal void WriteReport(StudyResults results, string folder, string reportFile)
    {
        Directory.CreateDirectory(Path.Combine(folder, StudyFiles.PlotFolder));
        (string Name, string Text)[] beside = [.. StudyFiles.Of(results)];
        foreach ((string name, string text) in beside)
        {
            AtomicFile.WriteText(Path.Combine(folder, name), text);
        }

        string page = ReportWriter.Write(
            results,
            _predictions,
            data.Test,
            _hardSet,
            [StudyResults.FileName, .. beside.Select(f => f.Name)],
            (run, images) => _attentionFolders.TryGetValue(run.Experiment, out string? place) ? AttentionMaps.Of(place, data, images) : []
        );
        AtomicFile.WriteText(Path.Combine(folder, reportFile), page);
    }
}
