using System.Runtime.CompilerServices;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study.Tests;

public class GaussianMixtureTests
{
    public GaussianMixtureTests()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);
        set_num_threads(1);
    }

    [Fact]
    public void Samples_have_the_mean_and_the_covariance_of_their_class()
    {
        // Class 1 has pixels of different widths, two of them correlated; class 0 is something else.
        var random = new Random(2);
        ImageSet train = Images(
            2000,
            2,
            (label, i) =>
            {
                double shared = Normal(random);
                return label == 0 ? [200, 10, 10] : [120 + 30 * shared, 100 + 20 * shared + 10 * Normal(random), 80 + 5 * Normal(random)];
            }
        );
        GaussianMixture model = GaussianMixture.Fit(train, 2, 1, seed: 1, variance: 1);
        Assert.Equal(
            [
                [0],
                [3],
            ],
            model.Components
        );
        ImageSet samples = model.Generate(
            new byte[20_000]
                .Select((_, i) => (byte)(i % 2))
                .ToArray(),
            1
        );
        Assert.Equal([200, 10, 10], samples.Image(0).ToArray());
        (double[] mean, double[,] covariance) = Moments(train, 1);
        (double[] sampleMean, double[,] sampleCovariance) = Moments(samples, 1);
        for (int p = 0; p < 3; p++)
        {
            Assert.Equal(mean[p], sampleMean[p], 1.0);
            for (int q = 0; q < 3; q++)
            {
                // Rounding to bytes adds a twelfth to a variance.
                Assert.Equal(
                    covariance[p, q] + (p == q ? 1 / 12.0 : 0),
                    sampleCovariance[p, q],
                    0.05 * Math.Sqrt(covariance[p, p] * covariance[q, q]) + 0.5
                );
            }
        }
    }

    [Fact]
    public void Only_components_that_matter_are_kept()
    {
        var random = new Random(2);
        ImageSet train = Images(500, 1, (_, _) => [128 + 40 * Normal(random), 128 + 2 * Normal(random), 128 + Normal(random)]);
        Assert.Equal(
            [
                [1],
            ],
            GaussianMixture.Fit(train, 1, 1, seed: 1).Components
        );
        Assert.Equal(
            [
                [3],
            ],
            GaussianMixture.Fit(train, 1, 1, seed: 1, variance: 0.9999).Components
        );
    }

    [Fact]
    public void A_mixture_draws_each_cluster_as_often_as_it_occurs()
    {
        // A quarter of the images are bright.
        var random = new Random(2);
        ImageSet train = Images(800, 2, (label, i) => [(i % 8 < 2 ? 200 : 60) + 3 * Normal(random), label * 100 + 50 + 3 * Normal(random)]);
        GaussianMixture model = GaussianMixture.Fit(train, 2, 2, seed: 1);
        byte[] labels = [.. Enumerable.Range(0, 4000).Select(i => (byte)(i < 2000 ? 1 : 0))];
        ImageSet samples = model.Generate(labels, 5);
        Assert.Equal(labels, samples.Labels.ToArray());
        for (int i = 0; i < samples.Count; i++)
        {
            ReadOnlySpan<byte> image = samples.Image(i);
            Assert.True(image[0] is > 180 and < 220 or > 40 and < 80, "no image between the clusters");
            Assert.InRange(image[1], labels[i] * 100 + 30, labels[i] * 100 + 70);
        }

        Assert.Equal(1000, Enumerable.Range(0, samples.Count).Count(i => samples.Image(i)[0] > 128), 100.0);
        Assert.Equal(samples.Pixels.ToArray(), GaussianMixture.Fit(train, 2, 2, seed: 1).Generate(labels, 5).Pixels.ToArray());
        Assert.NotEqual(samples.Pixels.ToArray(), model.Generate(labels, 6).Pixels.ToArray());
    }

    [Fact]
    public void Pixels_are_clipped_to_bytes_and_unknown_classes_refused()
    {
        var random = new Random(2);
        ImageSet train = Images(300, 1, (_, _) => [random.Next(2) * 255, 0]);
        GaussianMixture model = GaussianMixture.Fit(train, 2, 1, seed: 1);
        ImageSet samples = model.Generate(new byte[1000], 1);
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => samples.Image(i)[0] is 0), 80, 240);
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => samples.Image(i)[0] is 255), 80, 240);
        Assert.Throws<ExperimentException>(() => model.Generate(new byte[] { 1 }, 1));
    }

    private static ImageSet Images(int count, int classes, Func<int, int, double[]> pixels)
    {
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))];
        byte[][] images = [.. labels.Select((label, i) => pixels(label, i).Select(p => (byte)Math.Clamp(Math.Round(p), 0, 255)).ToArray())];
        return new ImageSet(images.SelectMany(i => i).ToArray(), labels, 1, 1, images[0].Length);
    }

    private static (double[] Mean, double[,] Covariance) Moments(ImageSet images, int label)
    {
        byte[][] of =
        [
            .. Enumerable.Range(0, images.Count).Where(i => images.Labels.Span[i] == label).Select(i => images.Image(i).ToArray()),
        ];
        int length = of[0].Length;
        double[] mean = [.. Enumerable.Range(0, length).Select(p => of.Average(i => i[p]))];
        var covariance = new double[length, length];
        for (int p = 0; p < length; p++)
        {
            for (int q = 0; q < length; q++)
            {
                covariance[p, q] = of.Sum(i => (i[p] - mean[p]) * (i[q] - mean[q])) / (of.Length - 1);
            }
        }

        return (mean, covariance);
    }

    /// <summary>Box and Muller 1958.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
