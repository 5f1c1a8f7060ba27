using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Xml.Linq;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

public sealed class GenerationStudyTests : IDisposable
{
    private const string Layers = """
        [
          { "type": "quantize" },
          { "type": "conv", "filters": 8, "kernel": 3, "stride": 2, "padding": 1 }, { "type": "batchNorm" }, { "type": "condition" },
          { "type": "activation" }, { "type": "upsample" },
          { "type": "conv", "filters": 1, "kernel": 3, "padding": 1 }, { "type": "batchNorm" }
        ]
        """;

    private readonly TemporaryFolder _folder = new();

    public GenerationStudyTests()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_runs_draw_is_measured_once_and_written()
    {
        ImageSet images = DatasetLoader.LoadTest("mnist");
        var data = new Dataset("mnist", images.Slice(0, 4000), images.Slice(4000, 400));
        (PlannedRun, RunResult)[] runs =
        [
            .. new[] { "float32", "binaryconnect" }.Select(m => Train(m, data)),
            Train("binarynet", data, GeneratedPixels.Bits),
        ];
        var told = new List<string>();
        GenerationResults Execute()
        {
            using var study = new GenerationStudy(data);
            Assert.All(runs, r => Assert.Null(study.FindMistake(r.Item2, r.Item1.Folder)));
            return study.Execute(
                "small",
                runs,
                [new MissingRun("other", 1)],
                (null, 3),
                _folder.Path,
                "report.html",
                new SynchronousProgress<MeasuringProgress>(m => told.Add(m.Experiment))
            );
        }

        GenerationResults results = Execute();
        // One step with one seed of noise, and all three levels with three.
        Assert.Equal(
            [("float32", 1, 1), ("float32", 3, 3), ("binaryconnect", 1, 1), ("binaryconnect", 3, 3)],
            results.Runs.Select(r => (r.Method, r.Steps, r.SamplingSeeds))
        );
        Assert.Equal([false, false, true, true], results.Runs.Select(r => r.Packed));
        Assert.All(results.Runs, r => Assert.True(r.FeatureDistance > r.FeatureDistanceFloor && r.FeatureDistanceFloor > 0));
        Assert.All(results.Runs.Where(r => r.SamplingSeeds > 1), r => Assert.True(r.FeatureDistanceStd > 0));
        Assert.All(results.Runs, r => Assert.InRange(r.MillisecondsPerImage, 1e-4, 1000));
        Assert.Equal(["one Gaussian per class", "ten Gaussians per class"], results.Baselines.Keys.Order().Reverse().Order());
        Assert.Contains("binaryconnect, 3 steps", told);
        var bounds = (BitGenerationResult)runs[2].Item2;
        Assert.Equal([("binarynet", 1, 1), ("binarynet", 3, 1)], results.Bits!.Select(r => (r.Method, r.Steps, r.ActivationBits)));
        Assert.Equal(
            bounds.Bounds.Reverse().Select(b => (b.Bound, b.BoundStandardError)),
            results.Bits!.Select(r => (r.Bound, r.BoundStandardError))
        );
        Assert.All(results.Bits!, r => Assert.InRange(r.MillisecondsPerImage, 1e-4, 1000));

        JsonElement written = JsonDocument.Parse(File.ReadAllText(_folder.File("generation.json"))).RootElement;
        string[] names = [.. written.GetProperty("runs")[0].EnumerateObject().Select(p => p.Name)];
        Assert.All(
            new[]
            {
                "experiment",
                "method",
                "weightBits",
                "activationBits",
                "modelBytes",
                "steps",
                "featureDistance",
                "featureDistanceFloor",
                "classAccuracy",
                "precision",
                "recall",
                "nearestTraining",
                "nearestTrainingOfTest",
                "millisecondsPerImage",
                "onnxRuntimeMillisecondsPerImage",
            },
            name => Assert.Contains(name, names)
        );

        var page = XDocument.Parse(File.ReadAllText(_folder.File("report.html")).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Equal(3, page.Descendants("img").Count());
        Assert.Contains("Diffusion on bits", page.Root!.Value, StringComparison.Ordinal);
        Assert.Equal(bounds.Bounds[1].Bound, written.GetProperty("bits")[0].GetProperty("bound").GetDouble());
        Assert.Contains("1\u00a0training is missing", page.Root.Value, StringComparison.Ordinal);
        Assert.Contains("onebit study --preset small --epochs 3", page.Root.Value, StringComparison.Ordinal);

        // A study that is continued takes what was measured.
        string kept = Path.Combine(runs[0].Item1.Folder, "measures.json");
        string before = File.ReadAllText(kept);
        double distance = results.Runs[0].FeatureDistance;
        File.WriteAllText(kept, before.Replace(JsonSerializer.Serialize(distance), "123456.5", StringComparison.Ordinal));
        Assert.Equal(123456.5, Execute().Runs[0].FeatureDistance);
        File.WriteAllText(kept, "null");
        Assert.Equal(distance, Execute().Runs[0].FeatureDistance);
        File.WriteAllText(kept, "{ damaged");
        Assert.Equal(distance, Execute().Runs[0].FeatureDistance);
    }

    [Fact]
    public void Other_data_have_nothing_to_measure_with()
    {
        ImageSet images = DatasetLoader.LoadTest("mnist");
        Assert.Contains(
            "mnist and fashion-mnist alone",
            Assert.Throws<ExperimentException>(() => new GenerationStudy(new Dataset("own", images, images))).Message,
            StringComparison.Ordinal
        );
    }

    private (PlannedRun, RunResult) Train(string method, Dataset data, GeneratedPixels pixels = GeneratedPixels.Bytes)
    {
        var experiment = new Experiment
        {
            Name = method,
            Network = new NetworkSpec("small", JsonSerializer.Deserialize<Layer[]>(Layers, Experiment.Json)!),
            Method = Method.Named(method),
            Generation = new GenerationSpec(Levels: 3, Pixels: pixels),
            Epochs = 1,
            BatchSize = 100,
            Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.01),
        };
        string folder = _folder.File(method + "-seed1");
        RunResult result = new Trainer(experiment, data, 1, folder).Run(TestContext.Current.CancellationToken);
        return (new PlannedRun(experiment, 1, folder, 0.5), result);
    }
}
