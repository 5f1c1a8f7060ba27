using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

/// <summary>
/// Measures the simple generators on all of MNIST, which takes minutes. Not run unless it is asked for:
/// <c>dotnet run -c Release --project tests/Onebit.Study.Tests -- -class '*GenerationBaselineTests' -explicit only -showliveoutput</c>.
/// </summary>
public class GenerationBaselineTests
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Stopwatch _watch = new();
    private double _processor = Environment.CpuUsage.TotalTime.TotalSeconds;

    [Fact(Explicit = true)]
    public void Baselines_of_all_of_MNIST()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
        Dataset mnist = DatasetLoader.Load("mnist");
        string models = Path.Combine(Repository.Root, "models");
        using FeatureExtractor extractor = FeatureExtractor.Load(Path.Combine(models, "mnist-large.onebit"));
        BitModel classifier = BitModel.Load(Path.Combine(models, "mnist-headline.onebit"));
        _watch.Start();
        using var reference = new GenerationReference(mnist.Train, mnist.Test, mnist.ClassCount, extractor, classifier);
        Tell($"{mnist.Train.Count} training and {mnist.Test.Count} test images; {extractor.Dimension} features of {extractor.Sha256}");
        foreach (int parts in new[] { 1, 10 })
        {
            GaussianMixture model = GaussianMixture.Fit(mnist.Train, mnist.ClassCount, parts, seed: 1);
            Tell($"{parts} per class fitted: {model.ParameterCount} numbers, {Components(model)} components on average");
            ImageSet samples = model.Generate(reference.Classes, seed: 1);
            Tell("drawn");
            GenerationMeasures measures = reference.Measure(samples);
            Tell(JsonSerializer.Serialize(measures, s_json));
            if (parts == 1)
            {
                TellParts(mnist, samples, extractor, classifier);
            }

            Assert.True(measures.FeatureDistance > measures.FeatureDistanceFloor);
            int[] shown = [.. ClassIndices.Of(samples.Labels.Span, mnist.ClassCount).SelectMany(of => of.Take(10))];
            string picture = Path.Combine(Path.GetTempPath(), $"onebit-baseline-{parts}.png");
            ImageGrid.Write(picture, ImageGrid.Draw(samples.Select(shown), columns: 10, scale: 2));
            Tell(picture);
        }
    }

    /// <summary>The time of each measure alone.</summary>
    private void TellParts(Dataset mnist, ImageSet samples, FeatureExtractor extractor, BitModel classifier)
    {
        using var scope = NewDisposeScope();
        Tensor features = extractor.Of(samples),
            single = features.to(ScalarType.Float32);
        Tell("features of 10,000 images");
        FeatureMoments moments = FeatureMoments.Of(features);
        FrechetDistance.Between(moments, moments);
        Tell("Fréchet distance");
        PrecisionRecall.Of(single, PrecisionRecall.SquaredRadii(single), single);
        Tell("precision and recall, with the radii of both sets");
        ClassAccuracy.Of(classifier, samples);
        Tell("class accuracy");
        ImageSet train = mnist.Train.Slice(0, 10_000);
        new NearestTraining(train, single, mnist.ClassCount).Measure(samples, single);
        Tell("nearest of 10,000 training images");
    }

    private static string Components(GaussianMixture model) =>
        model.Components.SelectMany(c => c).Average().ToString("0.0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What was done, and the seconds since the last line, of the clock and of the processor.</summary>
    private void Tell(string done)
    {
        double processor = Environment.CpuUsage.TotalTime.TotalSeconds;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{_watch.Elapsed.TotalSeconds:0.0} s, {processor - _processor:0.0} s of a core: {done}"
        );
        _watch.Restart();
        _processor = processor;
    }
}
