using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Datasets;
using Onebit.Export;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// What a study of diffusion models measures of each run. Measures are kept beside the run, so that a study can be continued.
/// </summary>
internal sealed class GenerationStudy : IStudyTask, IDisposable
{
    internal const string GaussianName = "one Gaussian per class",
        MixtureName = "ten Gaussians per class";

    private const string MeasuresFile = "measures.json";
    private const int SamplingSeeds = 3;
    private const long SeedsApart = 1_000_000;
    private const int MixtureParts = 10;

    private static readonly int[] s_steps = [1, 5, 10, 20];

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Dataset _data;
    private readonly (string Name, byte[] File) _features,
        _classifier;
    private readonly FeatureExtractor _extractor;
    private readonly Lazy<GenerationReference> _reference;

    /// <summary>Finds the models that measure.</summary>
    /// <exception cref="ExperimentException">There are none for this data set.</exception>
    internal GenerationStudy(Dataset data)
    {
        _data = data;
        string known = data.Name == "fashion-mnist" ? "fashion" : data.Name;
        (_features, _classifier) = (Model($"{known}-large.onebit"), Model($"{known}-headline.onebit"));
        _extractor = new FeatureExtractor(BitModel.Read(_features.File), Hash(_features.File));
        _reference = new(() =>
            new GenerationReference(data.Train, data.Test, data.ClassCount, _extractor, BitModel.Read(_classifier.File))
        );
    }

    public void Dispose()
    {
        if (_reference.IsValueCreated)
        {
            _reference.Value.Dispose();
        }

        _extractor.Dispose();
    }

    public string? FindMistake(RunResult run, string folder)
    {
        try
        {
            return !run.Packed || Fits(Load(folder)) ? null : "its model draws other images, classes or levels";

            bool Fits(Generator generator) =>
                generator.Model.Input.Shape == _data.Test.Shape
                && run switch
                {
                    GenerationResult { DenoisingErrors.Length: var levels } => generator.Model.Input.Bits > 1
                        && generator.Model.ClassCount == _data.ClassCount
                        && generator.MaxSteps == levels,
                    BitGenerationResult { Bounds: [{ Steps: var levels }, ..] } => generator.Model.Input.Bits == 1
                        && generator.Model.ClassCount == 1
                        && generator.MaxSteps == levels,
                    _ => false,
                };
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return $"its model cannot be read ({e.Message.Split('\n')[0].TrimEnd('.')})";
        }
    }

    /// <summary>Measures finished runs, and writes <c>generation.json</c> and the report.</summary>
    /// <param name="preset">The preset's name or folder.</param>
    /// <param name="runs">The runs, in the order of the report, with their results.</param>
    /// <param name="missing">What is not finished; null: nothing.</param>
    /// <param name="asked">What the user asked for: the size of a folder's images, and epochs; null: nothing.</param>
    /// <param name="folder">Where to write.</param>
    /// <param name="reportFile">The report's file name.</param>
    /// <param name="measuring">Told what is measured.</param>
    internal GenerationResults Execute(
        string preset,
        IReadOnlyList<(PlannedRun Run, RunResult Result)> runs,
        MissingRun[]? missing,
        (Shape? Size, int? Epochs) asked,
        string folder,
        string reportFile,
        IProgress<MeasuringProgress>? measuring
    )
    {
        measuring?.Report(new MeasuringProgress("real images", 0));
        var rows = new List<GenerationRow>();
        var bits = new List<BitGenerationRow>();
        for (int i = 0; i < runs.Count; i++)
        {
            if (runs[i].Result is BitGenerationResult result)
            {
                bits.AddRange(Bounds(runs[i].Run, result));
            }
            else
            {
                rows.AddRange(Measure(runs[i].Run, runs[i].Result, (i, runs.Count), measuring));
            }
        }

        measuring?.Report(new MeasuringProgress("simple generators", 1));
        var results = new GenerationResults(
            1,
            preset,
            Machine.Describe(),
            DatasetInfo.Of(_data, asked.Size, null),
            _features.Name,
            _extractor.Sha256,
            _extractor.Dimension,
            _classifier.Name,
            _reference.Value.Real,
            new Dictionary<string, GenerationMeasures>
            {
                [GaussianName] = Baseline(folder, GaussianName, 1),
                [MixtureName] = Baseline(folder, MixtureName, MixtureParts),
            },
            rows,
            bits.Count > 0 ? bits : null,
            missing,
            ProgramInfo.Now(),
            asked.Epochs
        );
        results.Save(folder);
        AtomicFile.WriteText(
            Path.Combine(folder, reportFile),
            GenerationReport.Write(results, [.. runs.Where(r => r.Run.Seed == r.Run.Experiment.Seeds[0]).Select(Pictures)])
        );
        return results;
    }

    /// <summary>Images of one run for the report: one row of every class per number of steps, and the same noise in every run.</summary>
    private (string Name, int[] Steps, ImageSet Images) Pictures((PlannedRun Run, RunResult Result) run)
    {
        const int Rows = 3;
        int[] steps = Steps(run.Run),
            most = [.. Enumerable.Repeat(steps[^1], Rows - 1)];
        bool hasClasses = run.Result is GenerationResult;
        int[] all = [.. steps, .. most],
            classes = [.. Enumerable.Range(0, Math.Min(_data.ClassCount, 10)).Select(c => hasClasses ? c : 0)];
        ImageSet[] drawn =
        [
            .. all.Select((s, row) => Draw(run.Run, run.Result, classes, 1 + Math.Max(0, row - steps.Length + 1) * classes.Length, s)),
        ];
        byte[] pixels = [.. drawn.SelectMany(d => d.Pixels.ToArray())];
        Shape shape = _data.Test.Shape;
        return (
            run.Run.Experiment.Name,
            all,
            new ImageSet(pixels, new byte[drawn.Sum(d => d.Count)], shape.Channels, shape.Height, shape.Width)
        );
    }

    private IEnumerable<BitGenerationRow> Bounds(PlannedRun run, BitGenerationResult result)
    {
        (double own, double peer) = Time(run, result);
        return result
            .Bounds.OrderBy(b => b.Steps)
            .Select(b => new BitGenerationRow(Row(run, result, b.Steps, own, peer))
            {
                Bound = b.Bound,
                BoundStandardError = b.BoundStandardError,
            });
    }

    private static DiffusionRow Row(PlannedRun run, RunResult result, int steps, double own, double peer) =>
        new()
        {
            Experiment = run.Experiment.Name,
            Method = run.Experiment.Method.Name,
            Seed = run.Seed,
            WeightBits = result.WeightBits,
            ActivationBits = result.ActivationBits,
            Packed = result.Packed,
            ModelBytes = result.ModelBytes,
            MultiplyAccumulates = result.MultiplyAccumulates,
            TrainProcessorSeconds = result.TrainProcessorSeconds,
            Steps = steps,
            MillisecondsPerImage = steps * own,
            OnnxRuntimeMillisecondsPerImage = steps * peer,
        };

    private IEnumerable<GenerationRow> Measure(
        PlannedRun run,
        RunResult result,
        (int Index, int Count) place,
        IProgress<MeasuringProgress>? measuring
    )
    {
        (double own, double peer) = Time(run, result);
        string key = Key(run.Folder, result);
        int[] all = Steps(run);
        int evaluations = all.Sum() + (SamplingSeeds - 1) * all[^1],
            done = 0;
        foreach (int steps in all)
        {
            var measures = new List<GenerationMeasures>();
            for (int seed = 1; seed <= (steps == all[^1] ? SamplingSeeds : 1); seed++)
            {
                measuring?.Report(
                    new MeasuringProgress($"{run.Name}, {steps} steps", (place.Index + (double)done / evaluations) / place.Count)
                );
                measures.Add(Cached(run.Folder, $"{key}-{steps}-{seed}", () => Sample(run, result, steps, seed)));
                done += steps;
            }

            double Mean(Func<GenerationMeasures, double> value) => measures.Average(value);
            var distance = Spread.Of(measures.Select(m => m.FeatureDistance));
            yield return new GenerationRow(Row(run, result, steps, own, peer))
            {
                SamplingSeeds = measures.Count,
                FeatureDistance = distance.Mean,
                FeatureDistanceStd = distance.Std,
                FeatureDistanceToTraining = Mean(m => m.FeatureDistanceToTraining),
                FeatureDistanceFloor = measures[0].FeatureDistanceFloor,
                ClassAccuracy = Mean(m => m.ClassAccuracy),
                Precision = Mean(m => m.Precision),
                Recall = Mean(m => m.Recall),
                NearestTraining = Mean(m => m.NearestTraining.MedianPixels),
                NearestTrainingOfTest = measures[0].NearestTrainingOfTest.MedianPixels,
                NearestTrainingInFeatures = Mean(m => m.NearestTraining.MedianFeatures),
                NearestTrainingOfTestInFeatures = measures[0].NearestTrainingOfTest.MedianFeatures,
                NearestTrainingByClass = [.. Enumerable.Range(0, _data.ClassCount).Select(c => Mean(m => m.NearestTraining.Pixels[c]))],
            };
        }
    }

    private GenerationMeasures Sample(PlannedRun run, RunResult result, int steps, int seed) =>
        _reference.Value.Measure(Draw(run, result, [.. _reference.Value.Classes.ToArray().Select(c => (int)c)], seed * SeedsApart, steps));

    private ImageSet Draw(PlannedRun run, RunResult result, int[] classes, long firstSeed, int steps) =>
        result.Packed
            ? GeneratedImages.Draw(Load(run.Folder), classes, firstSeed, steps)
            : RunSamples.Draw(run.Folder, _data, classes, firstSeed, steps);

    private GenerationMeasures Baseline(string folder, string name, int parts) =>
        Cached(
            folder,
            $"{MeasuredWith}-{name}",
            () =>
                _reference.Value.Measure(
                    GaussianMixture.Fit(_data.Train, _data.ClassCount, parts, seed: 1).Generate(_reference.Value.Classes, seed: 1)
                )
        );

    /// <summary>Milliseconds of one step for one image: the packed model's, and ONNX Runtime's on the same network in float32.</summary>
    private (double Own, double Peer) Time(PlannedRun run, RunResult result)
    {
        const double NanosecondsPerMillisecond = 1e6;
        FloatGraph graph = run.Experiment.Network.ToFloatGraph(_data.Test.Shape, _data.ClassCount);
        using var peer = new OnnxRuntimeBackend(FloatOnnxWriter.Write(graph));
        IBackend[] backends = result.Packed ? [new GeneratorBackend(Load(run.Folder)), peer] : [peer];
        double[] times = InterleavedTimer.Measure(_data.Test, 1, backends);
        return (times[0] / NanosecondsPerMillisecond, times[^1] / NanosecondsPerMillisecond);
    }

    private static int[] Steps(PlannedRun run)
    {
        int levels = run.Experiment.Generation!.Levels;
        return [.. s_steps.Where(s => s < levels), levels];
    }

    private static Generator Load(string folder) => Generator.Load(Path.Combine(folder, RunFolder.ModelFile));

    private string MeasuredWith => $"{_data.Sha256[..16]}-{_extractor.Sha256[..16]}-{Hash(_classifier.File)[..16]}";

    /// <summary>What the measures of a run depend on, but for steps and seed.</summary>
    private string Key(string folder, RunResult result)
    {
        string file = Path.Combine(folder, result.Packed ? RunFolder.ModelFile : RunFolder.WeightsFile);
        return $"{Hash(InputFile.ReadBytes(file))[..16]}-{MeasuredWith}";
    }

    /// <summary>What a folder holds of earlier measurements, or else a new one, which it then holds.</summary>
    private GenerationMeasures Cached(string folder, string key, Func<GenerationMeasures> measure)
    {
        string path = Path.Combine(folder, MeasuresFile);
        Dictionary<string, GenerationMeasures> known = [];
        try
        {
            if (File.Exists(path))
            {
                known = JsonSerializer.Deserialize<Dictionary<string, GenerationMeasures>>(InputFile.ReadText(path), s_json) ?? [];
            }
        }
        catch (JsonException)
        {
            // Damaged: measured anew.
        }

        bool isKnown =
            known.TryGetValue(key, out GenerationMeasures? found)
            && found is { NearestTraining.Pixels.Count: var classes, NearestTrainingOfTest: not null }
            && classes == _data.ClassCount;
        if (!isKnown)
        {
            known[key] = found = measure();
            AtomicFile.WriteText(path, JsonSerializer.Serialize(known, s_json) + "\n");
        }

        return found!;
    }

    private static string Hash(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));

    private static (string Name, byte[] File) Model(string name)
    {
        using Stream? stream = typeof(GenerationStudy).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            throw new ExperimentException(
                "Generated images are measured with a classifier of the data, and there are ones for mnist and fashion-mnist alone; "
                    + "train with 'onebit train' and look at what 'onebit generate' draws."
            );
        }

        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        return (name, file);
    }
}
