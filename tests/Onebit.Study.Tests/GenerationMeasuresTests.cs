using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Onebit.Datasets;
using Onebit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

public sealed class GenerationMeasuresTests : IDisposable
{
    private static readonly string s_models = Path.Combine(Repository.Root, "models");

    private readonly DisposeScope _scope;

    public GenerationMeasuresTests()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
        _scope = NewDisposeScope();
    }

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData("mnist-large.onebit", 58)]
    [InlineData("fashion-large.onebit", 54)]
    public void Features_are_the_runtimes_integers_before_the_last_ReLU(string file, int dimension)
    {
        string path = Path.Combine(s_models, file);
        using FeatureExtractor extractor = FeatureExtractor.Load(path);
        Assert.Equal(dimension, extractor.Dimension);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), extractor.Sha256);
        BitModel model = BitModel.Load(path);
        var requantize = (Requantize)model.Operations.Last(o => o is Requantize { OutputBits: 8 });
        Assert.IsType<Linear>(model.Operations[requantize.Input - 1]);
        ImageSet images = DatasetLoader.LoadTest("mnist").Slice(0, 103); // One batch and some.
        Tensor features = extractor.Of(images);
        Assert.Equal((ScalarType.Float64, 2), (features.dtype, features.dim()));
        double[] found = features.data<double>().ToArray();
        int positions = model.Values[requantize.Input].Area;
        foreach (int i in new[] { 0, 1, 99, 100, 102 })
        {
            int[] sums = model.Trace(images.Image(i))[requantize.Input];
            for (int c = 0; c < dimension; c++)
            {
                double expected = Enumerable
                    .Range(c * positions, positions)
                    .Average(p =>
                        Math.ScaleB((double)requantize.Multipliers.Span[c] * sums[p] + requantize.Offsets.Span[c], -requantize.Shift)
                    );
                Assert.Equal(expected, found[i * dimension + c], 1e-9);
            }
        }
    }

    [Fact]
    public void Other_images_and_models_without_a_ReLU_are_refused()
    {
        using FeatureExtractor extractor = FeatureExtractor.Load(Path.Combine(s_models, "mnist-large.onebit"));
        var small = new ImageSet(new byte[4], new byte[1], 1, 2, 2);
        Assert.Contains("not 1 x 2 x 2", Assert.Throws<ExperimentException>(() => extractor.Of(small)).Message, StringComparison.Ordinal);
        var builder = new ModelBuilder(new ModelInput(1, 1, 8, 8, 0));
        int sums = builder.Append(new Linear(0, 2, 1, 8, 1, 0, 1, new byte[2]));
        builder.Append(new Scores(sums, new[] { 1, 1 }, new long[2], 0));
        Assert.Throws<ExperimentException>(() => new FeatureExtractor(builder.Build(), ""));
    }

    [Fact]
    public void Moments_are_of_a_sample()
    {
        FeatureMoments moments = FeatureMoments.Of(
            tensor(
                new double[,]
                {
                    { 1, 2 },
                    { 3, 2 },
                    { 5, 8 },
                }
            )
        );
        Assert.Equal([3, 4], moments.Mean);
        Assert.Equal([4, 6, 6, 12], moments.Covariance);
    }

    [Fact]
    public void The_Frechet_distance_has_closed_forms()
    {
        // Diagonal: (3-1)^2 + (0-2)^2 + (2-1)^2 + (3-5)^2, the last two of the deviations.
        Assert.Equal(13, FrechetDistance.Between(new([3, 0], [4, 0, 0, 9]), new([1, 2], [1, 0, 0, 25])), 1e-10);
        // Of two rows, tr (A^(1/2)) = (tr A + 2 (det A)^(1/2))^(1/2), for a product that is not symmetric, too.
        // C1 C2 = (2 1; 1 2)(3 0; 0 1) = (6 1; 3 2): trace 8, determinant 9.
        double expected = 4 + 4 - 2 * Math.Sqrt(8 + 2 * 3);
        FeatureMoments first = new([0, 0], [2, 1, 1, 2]),
            second = new([0, 0], [3, 0, 0, 1]);
        Assert.Equal(expected, FrechetDistance.Between(first, second), 1e-10);
        Assert.Equal(expected, FrechetDistance.Between(second, first), 1e-10);
        Assert.Equal(0, FrechetDistance.Between(first, first), 1e-10);
        // A point and a distribution without width in one direction: the trace of the other.
        Assert.Equal(4, FrechetDistance.Between(new([0, 0], [0, 0, 0, 0]), new([0, 0], [2, 2, 2, 2])), 1e-10);
    }

    [Fact]
    public void Balls_reach_to_the_third_nearest_other_point()
    {
        Tensor line = tensor(new float[] { 0, 1, 3, 7, 15, 15 }).unsqueeze(1);
        Assert.Equal([49, 36, 16, 49, 144, 144], Numbers(PrecisionRecall.SquaredRadii(line)));
        Assert.Equal([1, 1, 4, 16, 0, 0], Numbers(PrecisionRecall.SquaredRadii(line, 1)));
        Tensor samples = tensor(new float[] { 0.5f, 10, 2, 4 }).unsqueeze(1);
        Tensor real = tensor(new float[] { 0, 1, 2, 3 }).unsqueeze(1);
        // 4 is no further from 3 than 1; 10 is outside. All of 0 to 3 are within 2 of 2 and 4, and 1.5 of 0.5.
        Assert.Equal(0.75, PrecisionRecall.ShareInside(samples, real, PrecisionRecall.SquaredRadii(real, 1)));
        Assert.Equal(1, PrecisionRecall.ShareInside(real, samples, PrecisionRecall.SquaredRadii(samples, 1)));
        Assert.Equal((1, 1), PrecisionRecall.Of(real, PrecisionRecall.SquaredRadii(real), real));
        Assert.Equal((0, 0), PrecisionRecall.Of(real, PrecisionRecall.SquaredRadii(real), real + 100));
    }

    [Fact]
    public void Precision_and_recall_of_many_points_are_those_of_plain_loops()
    {
        var random = new Random(4);
        float[][] Cloud(int count, float shift) =>
            [.. Enumerable.Range(0, count).Select(_ => new[] { random.Next(90) + shift, random.Next(90), random.Next(90) })];
        float[][] real = Cloud(700, 1000),
            samples = Cloud(650, 1045);
        double Squared(float[] a, float[] b) => a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum();
        double Share(float[][] points, float[][] centres)
        {
            double[] radii = [.. centres.Select((a, i) => centres.Where((_, j) => j != i).Select(b => Squared(a, b)).Order().ElementAt(2))];
            return (double)points.Count(p => centres.Zip(radii).Any(ball => Squared(p, ball.First) <= ball.Second)) / points.Length;
        }

        Tensor Matrix(float[][] points) => tensor(points.SelectMany(p => p).ToArray(), [points.Length, 3]);
        (double precision, double recall) = PrecisionRecall.Of(Matrix(real), PrecisionRecall.SquaredRadii(Matrix(real)), Matrix(samples));
        // Distances on the border may round either way.
        Assert.Equal(Share(samples, real), precision, 0.01);
        Assert.Equal(Share(real, samples), recall, 0.01);
        Assert.InRange(precision, 0.2, 0.8);
    }

    [Fact]
    public void The_nearest_training_image_is_of_the_class_asked_for()
    {
        var train = new ImageSet(new byte[] { 0, 0, 255, 255, 51, 0, 255, 0 }, new byte[] { 0, 1, 0, 0 }, 1, 1, 2);
        var images = new ImageSet(new byte[] { 204, 204, 51, 0, 0, 0 }, new byte[] { 1, 0, 0 }, 1, 1, 2);
        Tensor trainFeatures = tensor(new float[] { 3, 3, 8, 9 }).unsqueeze(1),
            features = tensor(new float[] { 5, 7, 3 }).unsqueeze(1);
        var nearest = new NearestTraining(train, trainFeatures, 3);
        (double[] distance, int[] index) = nearest.InPixels(images);
        Assert.Equal([1, 2, 0], index);
        Assert.Equal([Math.Sqrt(0.08), 0, 0], distance.Select(d => Math.Round(d, 6)), (a, b) => Math.Abs(a - b) < 1e-6);
        (distance, index) = nearest.InFeatures(images.Labels.Span, features);
        Assert.Equal([1, 2, 0], index);
        Assert.Equal([2, 1, 0], distance);
        NearestDistances medians = nearest.Measure(images, features);
        Assert.Equal([0.5, 2, double.NaN], medians.Features);
        Assert.Equal(
            [0, Math.Sqrt(0.08), double.NaN],
            medians.Pixels,
            (a, b) => double.IsNaN(a) == double.IsNaN(b) && !(Math.Abs(a - b) > 1e-6)
        );
        Assert.Equal(1, medians.MedianFeatures);
        Assert.Equal(0, medians.MedianPixels);
        var unknown = new ImageSet(new byte[2], new byte[] { 2 }, 1, 1, 2);
        Assert.Throws<ExperimentException>(() => nearest.InPixels(unknown));
    }

    [Fact]
    public void Real_images_measure_as_real()
    {
        Dataset mnist = DatasetLoader.Load("mnist");
        ImageSet train = mnist.Train.Slice(0, 700),
            test = mnist.Test.Slice(0, 300);
        using FeatureExtractor extractor = FeatureExtractor.Load(Path.Combine(s_models, "mnist-large.onebit"));
        BitModel classifier = BitModel.Load(Path.Combine(s_models, "mnist-headline.onebit"));
        using var reference = new GenerationReference(train, test, 10, extractor, classifier);
        Assert.Equal(58, extractor.Dimension);

        // The test images themselves, in another order.
        GenerationMeasures same = reference.Measure(test.Select([.. Enumerable.Range(0, 300).Reverse()]));
        Assert.Equal(0, same.FeatureDistance, 0.01);
        Assert.Equal((1, 1), (same.Precision, same.Recall));
        Assert.Equal(same.ClassAccuracyOfTest, same.ClassAccuracy);
        Assert.InRange(same.ClassAccuracy, 0.98, 1);
        Assert.Equal(same.NearestTrainingOfTest.MedianPixels, same.NearestTraining.MedianPixels, 1e-6);
        Assert.Equal(same.NearestTrainingOfTest.Features, same.NearestTraining.Features, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.InRange(same.NearestTraining.MedianPixels, 3, 10);

        // Training images: what the floor is of, and copies.
        int[] first = ClassIndices.First(train.Labels.Span, ClassIndices.Counts(test.Labels.Span, 10));
        GenerationMeasures copies = reference.Measure(train.Select(first));
        Assert.Equal(copies.FeatureDistanceFloor, copies.FeatureDistance, 1e-6);
        Assert.True(copies.FeatureDistanceFloor > 1 && copies.FeatureDistanceToTraining < copies.FeatureDistance);
        Assert.Equal((copies.PrecisionOfTraining, copies.RecallOfTraining), (copies.Precision, copies.Recall));
        Assert.InRange(copies.Precision, 0.5, 1);
        Assert.Equal(0, copies.NearestTraining.MedianPixels);
        Assert.Equal(0, copies.NearestTraining.MedianFeatures);

        Assert.Throws<ExperimentException>(() => reference.Measure(train.Slice(0, 300)));
        Assert.Throws<ExperimentException>(() => new GenerationReference(test, train, 10, extractor, classifier));
    }

    private static IEnumerable<double> Numbers(Tensor tensor) => tensor.data<float>().ToArray().Select(n => Math.Round(n, 2));
}
