using Onebit.Datasets;
using Onebit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// The simplest generators of images, as baselines: per class one normal distribution of the pixels, or a mixture of some, each on the
/// principal components that keep a share of its variance (probabilistic principal components without their noise: Tipping and Bishop
/// 1999). The parts of a mixture are the clusters that k-means finds.
/// </summary>
internal sealed class GaussianMixture
{
    private const int Iterations = 100;

    private readonly Part[][] _classes;
    private readonly Shape _shape;

    private GaussianMixture(Part[][] classes, Shape shape) => (_classes, _shape) = (classes, shape);

    /// <summary>Principal components of each part of each class.</summary>
    internal IReadOnlyList<int[]> Components => [.. _classes.Select(parts => parts.Select(p => p.Components).ToArray())];

    /// <summary>Fits the distributions.</summary>
    /// <param name="train">Training images, of every class that will be asked for.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="parts">Normal distributions per class.</param>
    /// <param name="seed">Of the clusters.</param>
    /// <param name="variance">The share of the variance to keep, 0 to 1.</param>
    /// <exception cref="ExperimentException">Too few images of a class differ.</exception>
    internal static GaussianMixture Fit(ImageSet train, int classes, int parts, int seed, double variance = 0.95)
    {
        int[][] ofClass = ClassIndices.Of(train.Labels.Span, classes);
        return new GaussianMixture(
            [.. ofClass.Select(indices => indices.Length == 0 ? [] : FitClass(train.Select(indices), classes, parts, seed, variance))],
            train.Shape
        );
    }

    /// <summary>Draws one image per class asked for, rounded and clipped to bytes.</summary>
    /// <param name="labels">The classes asked for.</param>
    /// <param name="seed">The same seed and classes give the same images.</param>
    /// <exception cref="ExperimentException">There was no training image of a class.</exception>
    internal ImageSet Generate(ReadOnlyMemory<byte> labels, int seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new torch.Generator((ulong)seed);
        var random = new Random(seed);
        int length = _shape.Channels * _shape.Height * _shape.Width;
        byte[] pixels = new byte[labels.Length * length];
        int[][] asked = ClassIndices.Of(labels.Span, _classes.Length);
        for (int c = 0; c < asked.Length; c++)
        {
            if (asked[c].Length > 0 && _classes[c].Length == 0)
            {
                throw new ExperimentException($"There was no training image of class {c}; ask for classes that there were.");
            }

            int[] part = [.. asked[c].Select(_ => Draw(_classes[c], random))];
            for (int p = 0; p < _classes[c].Length; p++)
            {
                using var inner = NewDisposeScope();
                int[] images = [.. asked[c].Where((_, i) => part[i] == p)];
                if (images.Length == 0)
                {
                    continue;
                }

                Tensor sample = _classes[c][p].Sample(images.Length, generator);
                byte[] drawn = sample.round().clamp(0, 255).to(ScalarType.Byte).data<byte>().ToArray();
                for (int i = 0; i < images.Length; i++)
                {
                    drawn.AsSpan(i * length, length).CopyTo(pixels.AsSpan(images[i] * length));
                }
            }
        }

        return new ImageSet(pixels, labels.ToArray(), _shape.Channels, _shape.Height, _shape.Width);
    }

    private static Part[] FitClass(ImageSet images, int classes, int parts, int seed, double variance)
    {
        if (parts == 1)
        {
            return [Part.Fit(images, 1, variance)];
        }

        int[] cluster = KMeans.Fit(images, classes, parts, Iterations, seed).Assign(images).Cluster;
        return
        [
            .. Enumerable
                .Range(0, images.Count)
                .GroupBy(i => cluster[i])
                .OrderBy(g => g.Key)
                .Select(g => Part.Fit(images.Select([.. g]), (double)g.Count() / images.Count, variance)),
        ];
    }

    /// <summary>A part of a class, each as often as its share says.</summary>
    private static int Draw(Part[] parts, Random random)
    {
        double left = random.NextDouble();
        int part = 0;
        while (part < parts.Length - 1 && left >= parts[part].Share)
        {
            left -= parts[part++].Share;
        }

        return part;
    }

    /// <summary>One normal distribution.</summary>
    /// <param name="Share">Of its class, 0 to 1.</param>
    /// <param name="Mean">One number per pixel, 0 to 255.</param>
    /// <param name="Directions">Components x pixels: the principal components, each as long as its standard deviation.</param>
    private sealed record Part(double Share, double[] Mean, float[] Directions)
    {
        internal int Components => Directions.Length / Mean.Length;

        internal static Part Fit(ImageSet images, double share, double variance)
        {
            using var scope = NewDisposeScope();
            Tensor points = Points.Of(images).to(ScalarType.Float64) * 255,
                mean = points.mean([0]),
                centred = points - mean;
            (Tensor values, Tensor vectors) = linalg.eigh(centred.t().matmul(centred) / Math.Max(1, images.Count - 1));
            double[] variances = [.. values.clamp_min(0).data<double>().ToArray().Reverse()]; // They come smallest first.
            double left = variance * variances.Sum();
            int components = 0;
            while (left > 0 && components < variances.Length)
            {
                left -= variances[components++];
            }

            if (components == 0)
            {
                return new Part(share, mean.data<double>().ToArray(), []);
            }

            Tensor directions =
                vectors.narrow(1, variances.Length - components, components)
                * values.narrow(0, variances.Length - components, components).clamp_min(0).sqrt();
            // A direction's sign is arbitrary: the largest entry decides, so that another solver draws the same images, up to rounding.
            Tensor flips = directions.gather(0, directions.abs().argmax(0).unsqueeze(0)).sign();
            float[] rows = (directions * flips).t().contiguous().to(ScalarType.Float32).data<float>().ToArray();
            return new Part(share, mean.data<double>().ToArray(), rows);
        }

        /// <summary>Count x pixels, float32, neither rounded nor clipped.</summary>
        internal Tensor Sample(int count, torch.Generator generator)
        {
            Tensor means = tensor([.. Mean.Select(m => (float)m)]);
            if (Components == 0)
            {
                return means.expand(count, Mean.Length).contiguous();
            }

            Tensor deviations = randn([count, Components], ScalarType.Float32, generator: generator);
            return deviations.matmul(tensor(Directions, [Components, Mean.Length])) + means;
        }
    }
}
