using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

/// <summary>
/// Measures the simple generators on a part of MNIST, or on all of it, which takes minutes:
/// <c>ONEBIT_ALL=1 dotnet run -c Release --project tests/Onebit.Study.Tests -- -class '*GenerationBaselineTests' -showliveoutput</c>.
/// </summary>
public class GenerationBaselineTests
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    [Fact]
    public void A_mixture_is_nearer_to_real_images_than_one_Gaussian_per_class()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
        bool all = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1";
        Dataset mnist = DatasetLoader.Load("mnist");
        ImageSet train = all ? mnist.Train : mnist.Train.Slice(0, 6000),
            test = all ? mnist.Test : mnist.Test.Slice(0, 1000);
        string models = Path.Combine(Repository.Root, "models");
        using FeatureExtractor extractor = FeatureExtractor.Load(Path.Combine(models, "mnist-large.onebit"));
        BitModel classifier = BitModel.Load(Path.Combine(models, "mnist-headline.onebit"));
        using var reference = new GenerationReference(train, test, mnist.ClassCount, extractor, classifier);
        GenerationMeasures one = Measure(parts: 1),
            ten = Measure(parts: 10);
        Assert.InRange(ten.FeatureDistance, 10 * ten.FeatureDistanceFloor, one.FeatureDistance / 1.5);
        Assert.True(one.ClassAccuracy < ten.ClassAccuracy);
        Assert.True(one.Recall < ten.Recall);

        GenerationMeasures Measure(int parts)
        {
            GaussianMixture model = GaussianMixture.Fit(train, mnist.ClassCount, parts, seed: 1);
            GenerationMeasures measures = reference.Measure(model.Generate(reference.Classes, seed: 1));
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{parts} per class, {train.Count} training and {test.Count} test images, {extractor.Dimension} features of "
                    + $"{extractor.Sha256}: {JsonSerializer.Serialize(measures, s_json)}"
            );
            return measures;
        }
    }
}
