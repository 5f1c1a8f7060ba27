using System.Diagnostics;
using System.Security.Cryptography;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Looks at a data set: what clustering sees in it, what it looks like in two dimensions, which classes look alike and which
/// test images are hard. Everything is found on training images; test images are classified, and nothing is chosen by
/// whether that was right. The same data, options and machine give the same result, times aside.
/// </summary>
public sealed class Explorer
{
    /// <summary>The page's file name.</summary>
    public const string PageFile = "explore.html";

    /// <summary>The file name of the t-SNE picture, for use elsewhere.</summary>
    public const string PictureFile = "tsne.svg";

    /// <summary>The folder that hard test images are written to.</summary>
    public const string HardSetFolder = "hard-set";

    private const int MaxClusters = 256,
        MaxClustered = 20_000,
        ClusterSteps = 30;
    private const int MinImages = 20,
        Neighbours = 5;
    private const int TSneSteps = 1000,
        PointsForPca = 500,
        Components = 50,
        TrustNeighbours = 12;
    private const int PairExamples = 9;

    private readonly Dataset _data;
    private readonly ExplorationOptions _options;
    private readonly string _folder;
    private readonly Shape? _size;
    private readonly ExplorationWork _work;
    private readonly CancellationToken _cancellation;

    /// <summary>Prepares the look at a data set.</summary>
    /// <param name="data">What to look at.</param>
    /// <param name="options">How closely.</param>
    /// <param name="folder">Where page, results and hard images go.</param>
    /// <param name="size">What images of a folder were scaled to, to be told on; null: the standard.</param>
    /// <param name="progress">Told of each part.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public Explorer(
        Dataset data,
        ExplorationOptions options,
        string folder,
        Shape? size = null,
        IProgress<ExplorationProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        (_data, _options, _folder, _size, _work, _cancellation) = (
            data,
            options,
            folder,
            size,
            new ExplorationWork(data, options, progress),
            cancellation
        );

    /// <summary>
    /// Does all and writes <c>explore.html</c>, <c>explore.json</c>, the t-SNE picture and, where asked for, the hard test images.
    /// </summary>
    /// <param name="models">A folder of trained models whose mistakes are shown too; null: none.</param>
    /// <exception cref="ExperimentException">
    /// There are too few images, the models do not fit the data, or a network of the committee fails.
    /// </exception>
    public ExplorationResults Run(string? models = null)
    {
        if (_data.Train.Count < MinImages)
        {
            throw new ExperimentException($"{_data.Name} has {_data.Train.Count} images to train on; explore needs at least {MinImages}.");
        }

        OutputFolder.Require(_folder);
        set_num_threads(1); // Several threads add in another order: the last bits, and then the pictures, would differ.
        IReadOnlyList<(string Name, byte[] Classes)> trained = models is null ? [] : ModelPredictions.Load(models, _data);
        (KMeansResults clusters, byte[] few, byte[] many) = Cluster();
        byte[] nearest = NearestNeighbours.Classify(
            _data.Train,
            _data.Test,
            Math.Min(Neighbours, _data.Train.Count),
            Task(ExplorationWork.Neighbours, $"of {_data.Test.Count:N0} test images"),
            _cancellation
        );
        (TSnePicture small, TSnePicture large, TSneReading[] readings) = Picture();
        HardSetResults? hard = _options.CurateHardSet ? Curate(many, nearest) : Shipped();
        (string Name, byte[] Classes)[] classifiers =
        [
            ($"k-means, {clusters.K}", few),
            .. clusters.Curve.Skip(1).TakeLast(1).Select(p => ($"k-means, {p.K}", many)),
            ($"{Neighbours} nearest neighbours", nearest),
            .. trained,
        ];
        var results = new ExplorationResults(
            1,
            DatasetInfo.Of(_data, _size, hard?.Indices.Count),
            _options.Seed,
            clusters,
            large,
            small,
            readings,
            [
                .. classifiers.Select(c => new ClassifierResult(
                    c.Name,
                    Evaluation.AccuracyOf(_data.Test.Labels.Span, c.Classes),
                    hard is null ? null : Evaluation.AccuracyOf(_data.Test.Labels.Span, c.Classes, hard.Indices)
                )),
            ],
            Pairs(classifiers),
            hard
        );
        if (_options.CurateHardSet)
        {
            HardSet.Save(
                Path.Combine(_folder, HardSetFolder),
                _data,
                hard!.Indices,
                clusters.Curve[^1].K,
                $"onebit explore --hard-set{Display.DataOptions(results.Dataset)}{(_options.Seed == 1 ? "" : $" --seed {_options.Seed}")}"
            );
        }

        results.Save(_folder);
        AtomicFile.WriteText(Path.Combine(_folder, PictureFile), ExplorationCharts.Embedding(large, _data.ClassNames));
        AtomicFile.WriteText(Path.Combine(_folder, PageFile), ExplorationPage.Write(results, _data));
        return results;
    }

    private (KMeansResults Results, byte[] Few, byte[] Many) Cluster()
    {
        ImageSet train = _data.Train.Slice(0, Math.Min(MaxClustered, _data.Train.Count)),
            test = _data.Test;
        int classes = _data.ClassCount,
            // k-means finds no more clusters than there are images that differ.
            distinct = Enumerable
                .Range(0, train.Count)
                .Select(i => Convert.ToHexString(SHA256.HashData(train.Image(i))))
                .Distinct()
                .Count(),
            smallest = Math.Min(classes, distinct);
        if (distinct == 1)
        {
            throw new ExperimentException($"All training images of {_data.Name} are the same; explore needs images that differ.");
        }

        int[] sizes =
        [
            smallest,
            .. Enumerable.Range(1, 30).Select(i => 1 << i).Where(k => k > smallest && k <= Math.Min(MaxClusters, distinct)),
        ];
        double work = sizes.Sum(),
            done = 0;
        var fitted = new List<(KMeans Clusters, byte[] Classes, double Seconds)>();
        foreach (int k in sizes)
        {
            _cancellation.ThrowIfCancellationRequested();
            Report(ExplorationWork.KMeans, done / work, $"{k} clusters of {train.Count:N0} images");
            var clock = Stopwatch.StartNew();
            KMeans clusters = KMeans.Fit(train, classes, k, ClusterSteps, _options.Seed);
            double seconds = clock.Elapsed.TotalSeconds;
            fitted.Add((clusters, clusters.Classify(test), seconds));
            done += k;
        }
        KMeansPoint[] curve =
        [
            .. fitted.Select(f => new KMeansPoint(
                f.Clusters.Centroids.Count,
                Evaluation.AccuracyOf(test.Labels.Span, f.Classes),
                f.Seconds
            )),
        ];
        Report(ExplorationWork.KMeans, 1, $"{curve[0].K} clusters {curve[0].Accuracy:P1}, {curve[^1].K} clusters {curve[^1].Accuracy:P1}");
        KMeans first = fitted[0].Clusters;
        (int[] assigned, float[,] distances) = first.Assign(test);
        var table = new ClusterTable(ClusterTable.Count(assigned, test.Labels.Span, curve[0].K, classes));
        var results = new KMeansResults(
            curve[0].K,
            train.Count,
            curve[0].Accuracy,
            table.Purity,
            table.AdjustedRandIndex,
            table.NormalizedMutualInformation,
            first.ClusterClass,
            table.Counts,
            curve,
            first.Doubts(assigned, distances, test.Labels.ToArray())
        )
        {
            Centroids = first.Centroids,
        };
        return (results, fitted[0].Classes, fitted[^1].Classes);
    }

    private (TSnePicture Small, TSnePicture Large, TSneReading[] Readings) Picture()
    {
        int[] seeds = [.. Enumerable.Range(_options.Seed, _options.Seeds)];
        int small = 10 * _data.ClassCount;
        // Two to look at, of the first images of each class; then samples of all images, to judge the classes by.
        (int Points, int Seed, bool Drawn)[] jobs =
        [
            (_options.Points, _options.Seed, false),
            (small, _options.Seed, false),
            .. seeds.Select(s => (_options.Points, s, true)),
            .. seeds.Select(s => (small, s, true)),
        ];
        var pictures = new TSnePicture[jobs.Length];
        double[] shares = [.. jobs.Select(j => Math.Pow(j.Points, 2))],
            done = new double[jobs.Length];
        Parallel.For(
            0,
            jobs.Length,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = _cancellation },
            i =>
            {
                pictures[i] = Draw(
                    jobs[i].Points,
                    jobs[i].Seed,
                    jobs[i].Drawn,
                    new SynchronousProgress<double>(share =>
                    {
                        lock (done)
                        {
                            done[i] = share * shares[i];
                            Report(
                                ExplorationWork.TSne,
                                Math.Min(0.999, done.Sum() / shares.Sum()),
                                $"{jobs.Length} pictures of {_options.Points:N0} and {small} points"
                            );
                        }
                    })
                );
            }
        );
        Report(
            ExplorationWork.TSne,
            1,
            $"{pictures[0].Points:N0} points, trustworthiness {pictures[0].Trustworthiness:F4}, KL divergence {pictures[0].KlDivergence:F4}"
        );
        TSneReading Reading(TSnePicture[] of)
        {
            int neighbours = Math.Min(Neighbours, of[0].Points - 1);
            double[][] own =
            [
                .. of.Select(p =>
                {
                    using Tensor positions = tensor(p.Embedding.SelectMany(e => e).ToArray(), [p.Points, 2]);
                    return EmbeddingQuality.OwnNeighbours(positions, p.Labels, _data.ClassCount, neighbours);
                }),
            ];
            double[][] scatter = [.. of.Select(p => EmbeddingQuality.Scatter(p.Embedding, p.Labels, _data.ClassCount))];
            Spread[] ByClass(double[][] values) =>
                [.. Enumerable.Range(0, _data.ClassCount).Select(c => Spread.Of(values.Select(v => Math.Round(v[c], 4))))];
            return new TSneReading(of[0].Points, seeds, Spread.Of(of.Select(p => p.Trustworthiness)), ByClass(own), ByClass(scatter));
        }
        return (pictures[1], pictures[0], [Reading(pictures[(2 + seeds.Length)..]), Reading(pictures[2..(2 + seeds.Length)])]);
    }

    private TSnePicture Draw(int points, int seed, bool drawn, IProgress<double> progress)
    {
        int[] indices = Sample(_data.Train.Labels.ToArray(), points, drawn ? seed : null);
        ImageSet images = _data.Train.Select(indices);
        var clock = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        Tensor pixels = Points.Of(images);
        bool reduce = indices.Length > PointsForPca && pixels.shape[1] > Components;
        double perplexity = Math.Min(_options.Perplexity, (indices.Length - 1) / 3.0);
        (float[] positions, double divergence) = TSne.Embed(
            reduce ? Points.Principal(pixels, Components) : pixels,
            perplexity,
            TSneSteps,
            seed,
            progress,
            _cancellation
        );
        double seconds = clock.Elapsed.TotalSeconds;
        double trust = EmbeddingQuality.Trustworthiness(
            pixels,
            tensor(positions, [indices.Length, 2]),
            Math.Min(TrustNeighbours, (indices.Length - 1) / 2)
        );
        return new TSnePicture(
            indices.Length,
            perplexity,
            reduce ? Components : null,
            seed,
            TSneSteps,
            trust,
            divergence,
            seconds,
            indices,
            [.. images.Labels.ToArray().Select(l => (int)l)],
            [.. positions.Select(p => MathF.Round(p, 3)).Chunk(2)]
        );
    }

    /// <summary>As many images of each class as of any other, as far as there are enough: the first ones, or drawn by seed.</summary>
    internal static int[] Sample(byte[] labels, int count, int? seed)
    {
        int[] order = [.. Enumerable.Range(0, labels.Length)];
        if (seed is { } drawn)
        {
            new Random(drawn).Shuffle(order);
        }
        // In rounds, one of each class a round.
        return
        [
            .. order
                .GroupBy(i => labels[i])
                .SelectMany(g => g.Select((image, round) => (image, round)))
                .OrderBy(e => e.round)
                .Take(count)
                .Select(e => e.image)
                .Order(),
        ];
    }

    private ClassPair[] Pairs(IReadOnlyList<(string Name, byte[] Classes)> classifiers)
    {
        byte[] labels = _data.Test.Labels.ToArray();
        int[][][] confusions = [.. classifiers.Select(c => Evaluation.Confusion(labels, c.Classes, _data.ClassCount))];
        int[] mistakes = [.. confusions.Select(c => c.Select((row, t) => row.Sum() - row[t]).Sum())];
        int[] Examples(int of, int takenFor) =>
            [
                .. Enumerable
                    .Range(0, labels.Length)
                    .Where(i => labels[i] == of)
                    .Select(i => (Image: i, Votes: classifiers.Count(c => c.Classes[i] == takenFor)))
                    .Where(e => e.Votes > 0)
                    .OrderByDescending(e => e.Votes)
                    .Take(PairExamples)
                    .Select(e => e.Image),
            ];
        return
        [
            .. from first in Enumerable.Range(0, _data.ClassCount)
            from second in Enumerable.Range(first + 1, _data.ClassCount - first - 1)
            let counts = confusions.Select(c => c[first][second] + c[second][first]).ToArray()
            let share = counts.Select((n, c) => (double)n / Math.Max(1, mistakes[c])).Average()
            orderby share descending
            select new ClassPair(
                first,
                second,
                Math.Round(share, 5),
                classifiers.Zip(counts).ToDictionary(c => c.First.Name, c => c.Second),
                Examples(first, second),
                Examples(second, first)
            ),
        ];
    }

    private HardSetResults? Shipped() => HardSet.Find(_data.Test) is { } known ? Results(curated: false, known) : null;

    private HardSetResults Curate(byte[] clusters, byte[] nearest)
    {
        List<byte[]> votes = [clusters, nearest];
        foreach (Experiment experiment in Preset.Load(HardSet.Experiments))
        {
            foreach (int seed in experiment.Seeds)
            {
                string name = $"{experiment.Name}, seed {seed}";
                var trainer = new Trainer(
                    experiment,
                    _data,
                    seed,
                    Path.Combine(_folder, "held-out", $"{experiment.Name}-seed{seed}"),
                    new SynchronousProgress<TrainingProgress>(p => Report(name, Math.Min(0.999, p.Done), $"epoch {p.Epoch}/{p.Epochs}"))
                );
                votes.Add(((ClassificationResult)trainer.Run(_cancellation)).TestPredictions);
                Report(name, 1, "trained");
            }
        }
        int[] hard = HardSet.Curate(votes);
        return hard.Length > 0
            ? Results(curated: true, hard)
            : throw new ExperimentException($"There are no hard test images in {_data.Name}: the committee of six agrees on every image.");
    }

    private HardSetResults Results(bool curated, int[] indices) => new(curated, indices, HardSet.ByClass(_data, indices));

    private SynchronousProgress<double> Task(string task, string detail) => new(done => Report(task, done, detail));

    private void Report(string task, double done, string detail) => _work.Report(task, done, detail);
}
