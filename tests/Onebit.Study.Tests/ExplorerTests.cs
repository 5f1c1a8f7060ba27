using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Onebit.Datasets;
using Onebit.Training;
using Xunit.Sdk;
using Xunit.v3;

// torch's random generator is one for the whole process: a test that draws from it changes what another one trains.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Onebit.Study.Tests;

public sealed class ExplorerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExplorerTests() => RuntimeHelpers.RunModuleConstructor(typeof(Trainer).Module.ModuleHandle);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_look_at_a_small_set_finds_its_classes_and_what_is_hard()
    {
        Dataset data = Bars(doubtful: 6);
        ExplorationResults results = Look(data, out XElement page, out JsonNode json);
        // The doubtful images are between two classes; the others are what they are.
        Assert.Equal(["lying", "standing", "<none>"], results.Dataset.ClassNames);
        Assert.InRange(results.Kmeans.Accuracy, 0.9, 1);
        Assert.Equal([3, 4, 8, 16, 32, 64], results.Kmeans.Curve.Select(p => p.K));
        Assert.Equal(
            results.Kmeans.Accuracy,
            results.Kmeans.Table.Select((row, c) => row[results.Kmeans.ClusterClass[c]]).Sum() / (double)data.Test.Count,
            12
        );
        Assert.Equal(60, results.Tsne.Points);
        Assert.InRange(results.Tsne.Trustworthiness, 0.7, 1);
        Assert.All(results.Readings[1].OwnNeighbours, own => Assert.InRange(own.Mean, 0.9, 1));
        Assert.Equal(["k-means, 3", "k-means, 64", "5 nearest neighbours"], results.Classifiers.Select(c => c.Name));
        int[] hard = [.. json["hardSet"]!["indices"]!.AsArray().Select(i => (int)i!)];
        Assert.InRange(hard.Count(i => i < 6), 4, 6);
        Assert.InRange(hard.Count(i => i >= 6), 0, 10); // Few images teach the committee little.
        ImageSet saved = DatasetLoader.LoadTest(Path.Combine(_folder.Path, Explorer.HardSetFolder));
        Assert.Equal(data.Test.Select(hard).Pixels.ToArray(), saved.Pixels.ToArray());
        Assert.Equal(data.Test.Select(hard).Labels.ToArray(), saved.Labels.ToArray());
        Assert.Contains(
            $"{hard.Length} of the {data.Test.Count} test images",
            File.ReadAllText(Path.Combine(_folder.Path, Explorer.HardSetFolder, "README.md")),
            StringComparison.Ordinal
        );

        Assert.Equal(
            ["findings", "samples", "kmeans", "tsne", "pairs", "hard", "method"],
            page.Descendants("section").Select(s => s.Attribute("id")!.Value)
        );
        Assert.Contains("<none>", page.Value, StringComparison.Ordinal);
        string html = page.ToString().Replace("http://www.w3.org/", "", StringComparison.Ordinal);
        Assert.DoesNotContain("http", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_keeps_the_contract()
    {
        Dataset data = Bars(doubtful: 6);
        Look(data, out _, out JsonNode json);
        foreach (string name in new[] { "accuracy", "purity", "adjustedRandIndex", "normalizedMutualInformation" })
        {
            Assert.InRange((double)json["kmeans"]![name]!, 0, 1);
        }

        Assert.All(json["kmeans"]!["curve"]!.AsArray(), p => Assert.InRange((double)p!["accuracy"]!, 0, 1));
        JsonNode tsne = json["tsne"]!;
        Assert.Equal((int)tsne["points"]!, tsne["embedding"]!.AsArray().Count);
        Assert.All(tsne["embedding"]!.AsArray(), p => Assert.Equal(2, p!.AsArray().Count));
        Assert.Equal(
            tsne["indices"]!.AsArray().Select(i => (int)data.Train.Labels.Span[(int)i!]),
            tsne["labels"]!.AsArray().Select(l => (int)l!)
        );
        Assert.True((double)tsne["trustworthiness"]! <= 1 && (double)tsne["klDivergence"]! > 0 && (double)tsne["seconds"]! > 0);
        JsonNode[] pairs = [.. json["pairs"]!.AsArray().Select(p => p!)];
        Assert.Equal(3, pairs.Length);
        Assert.Equal(pairs.OrderByDescending(p => (double)p["share"]!), pairs);
        // The log: every wrong image, mistakes first, the surest of them before all.
        JsonNode[] log = [.. json["kmeans"]!["log"]!.AsArray().Select(l => l!)];
        int wrong = (int)Math.Round((1 - (double)json["kmeans"]!["accuracy"]!) * data.Test.Count);
        Assert.Equal(wrong, log.Count(l => !(bool)l["right"]!));
        Assert.All(log.Take(wrong), l => Assert.NotEqual((int)l["trueClass"]!, (int)l["clusterClass"]!));
        double[] margins = [.. log.Select(l => ((bool)l["right"]! ? 1 : -1) * ((double)l["otherDistance"]! - (double)l["distance"]!))];
        Assert.Equal(margins.Order(), margins);
        // Once more gives the same, times aside.
        string embedding = json["tsne"]!["embedding"]!.ToJsonString(),
            clusters = json["kmeans"]!["log"]!.ToJsonString(),
            hard = json["hardSet"]!.ToJsonString();
        Look(data, out _, out JsonNode again);
        Assert.Equal(
            (embedding, clusters, hard),
            (again["tsne"]!["embedding"]!.ToJsonString(), again["kmeans"]!["log"]!.ToJsonString(), again["hardSet"]!.ToJsonString())
        );
    }

    [Fact]
    public void Too_few_images_or_all_alike_are_refused_in_one_sentence()
    {
        Dataset Same(int count) =>
            new("same", new ImageSet(new byte[count * 4], new byte[count], 1, 2, 2), new ImageSet(new byte[4], new byte[1], 1, 2, 2));
        Assert.Contains(
            "at least 20",
            Assert.Throws<ExperimentException>(() => new Explorer(Same(12), new ExplorationOptions(), _folder.Path).Run()).Message,
            StringComparison.Ordinal
        );
        // The same image all over: ML.NET may or may not find two clusters; nothing else may come of it.
        Exception? outcome = Record.Exception(() =>
            new Explorer(Same(60), new ExplorationOptions(Points: 50, Seeds: 1), _folder.Path).Run()
        );
        Assert.True(outcome is null or ExperimentException, outcome?.ToString());
    }

    [Fact]
    public void Models_of_the_same_classes_are_compared_and_others_refused()
    {
        Dataset data = Bars(doubtful: 0);
        string models = _folder.File("models");
        void Save(string file, params string[] classes)
        {
            var builder = new ModelBuilder(new ModelInput(1, 8, 8, 8, 0));
            int sums = builder.Append(new Linear(0, 3, 8, 8, 1, 0, 1, new byte[24]));
            builder.Append(new Scores(sums, new[] { 1, 1, 1 }, new long[] { 0, 1, 0 }, 0));
            Directory.CreateDirectory(models);
            builder.Build(classes).Save(Path.Combine(models, file));
        }
        Save("always-standing.onebit", "lying", "standing", "<none>");
        (string name, byte[] classes) = Assert.Single(ModelPredictions.Load(models, data));
        Assert.Equal("always-standing", name);
        Assert.All(classes, c => Assert.Equal(1, c));
        Save("other.onebit", "standing", "lying", "<none>"); // The same classes, but its 0 is another.
        Assert.Contains(
            "other.onebit",
            Assert.Throws<ExperimentException>(() => ModelPredictions.Load(models, data)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Samples_have_as_many_of_each_class_as_there_are()
    {
        byte[] labels = [0, 0, 0, 0, 0, 1, 2, 2, 2, 0];
        Assert.Equal([0, 1, 5, 6, 7], Explorer.Sample(labels, 5, null));
        int[] drawn = Explorer.Sample(labels, 7, 4);
        Assert.Equal([3, 1, 3], Enumerable.Range(0, 3).Select(c => drawn.Count(i => labels[i] == c)));
        Assert.Equal(drawn, Explorer.Sample(labels, 7, 4));
        Assert.Equal(10, Explorer.Sample(labels, 50, 4).Distinct().Count());
    }

    [Fact]
    public void Two_of_six_must_disagree_with_the_most_named_class()
    {
        // Unanimous; one against five; two against four; three against three; all different.
        byte[][] votes =
        [
            [1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1],
            [1, 1, 1, 1, 2],
            [1, 1, 1, 2, 3],
            [1, 1, 2, 2, 4],
            [1, 2, 3, 2, 5],
        ];
        Assert.Equal([2, 3, 4], HardSet.Curate(votes));
    }

    [Fact]
    public void The_shipped_hard_images_are_mnists_test_images()
    {
        ImageSet test = DatasetLoader.LoadTest("mnist"),
            hard = DatasetLoader.LoadTest("mnist-hard");
        int[] found = HardSet.Find(test)!;
        Assert.InRange(found.Length, 300, 1000);
        Assert.Equal(found.Distinct().Order(), found);
        Assert.Equal(hard.Pixels.ToArray(), test.Select(found).Pixels.ToArray());
        Assert.Equal(hard.Labels.ToArray(), test.Select(found).Labels.ToArray());
        Assert.Null(HardSet.Find(test.Slice(0, 9_000)));
        Assert.Null(HardSet.Find(Bars(0).Test));
    }

    [Fact]
    public void Neighbours_vote_and_the_nearest_breaks_ties()
    {
        var train = new ImageSet(new byte[] { 0, 10, 20, 200, 220, 240 }, new byte[] { 1, 1, 2, 3, 3, 2 }, 1, 1, 1);
        var images = new ImageSet(new byte[] { 5, 205, 255 }, new byte[3], 1, 1, 1);
        Assert.Equal([1, 3, 3], NearestNeighbours.Classify(train, images, 3, null, TestContext.Current.CancellationToken));
        Assert.Equal([1, 3, 2], NearestNeighbours.Classify(train, images, 2, null, TestContext.Current.CancellationToken));
        Assert.Equal(2, NearestNeighbours.Vote([2, 1, 1, 2]));
    }

    [Fact]
    public void Copies_of_few_images_end_the_curve_of_k_means_early()
    {
        Dataset bars = Bars(doubtful: 0);
        ImageSet Copies(ImageSet images, int distinct) => images.Select([.. Enumerable.Range(0, images.Count).Select(i => i % distinct)]);
        var data = new Dataset("copies", Copies(bars.AllTrain, 9), bars.Test, bars.ClassNames);
        ExplorationResults results = new Explorer(data, new ExplorationOptions(Points: 60, Seeds: 1), _folder.Path).Run();
        Assert.Equal([3, 4, 8], results.Kmeans.Curve.Select(p => p.K));
        var two = new Dataset("copies of two", Copies(bars.AllTrain, 2), bars.Test, bars.ClassNames);
        Assert.Equal(
            [2],
            new Explorer(two, new ExplorationOptions(Points: 60, Seeds: 1), _folder.Path).Run().Kmeans.Curve.Select(p => p.K)
        );
        var one = new Dataset("copies of one", Copies(bars.AllTrain, 1), bars.Test, bars.ClassNames);
        string refused = Assert.Throws<ExperimentException>(() => new Explorer(one, new ExplorationOptions(), _folder.Path).Run()).Message;
        Assert.Equal("All training images of copies of one are the same; explore needs images that differ.", refused);
    }

    private ExplorationResults Look(Dataset data, out XElement page, out JsonNode json)
    {
        ExplorationResults results = new Explorer(
            data,
            new ExplorationOptions(Points: 60, Seeds: 1, CurateHardSet: true),
            _folder.Path
        ).Run();
        page = XElement.Parse(File.ReadAllText(_folder.File(Explorer.PageFile)).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        json = JsonNode.Parse(File.ReadAllText(_folder.File(ExplorationResults.FileName)))!;
        return results;
    }

    /// <summary>Bars that lie, bars that stand, and noise; the first test images are crosses of both, of either label.</summary>
    private static Dataset Bars(int doubtful)
    {
        const int Side = 8;
        var random = new Random(5);
        ImageSet Make(int count, int crosses)
        {
            byte[] pixels = new byte[count * Side * Side],
                labels = new byte[count];
            for (int i = 0; i < count; i++)
            {
                labels[i] = (byte)(i < crosses ? i % 2 : i % 3);
                for (int p = 0; p < Side * Side; p++)
                {
                    bool lying = p / Side is 3 or 4,
                        standing = p % Side is 3 or 4;
                    bool ink =
                        i < crosses ? lying || standing
                        : labels[i] == 0 ? lying
                        : labels[i] == 1 && standing;
                    pixels[i * Side * Side + p] = (byte)((ink ? 200 : 0) + random.Next(50));
                }
            }
            return new ImageSet(pixels, labels, 1, Side, Side);
        }
        return new Dataset("bars", Make(90, 0), Make(90, doubtful), ["lying", "standing", "<none>"]);
    }
}
