using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study.Tests;

/// <summary>The archive of finished runs, docs/results/runs.</summary>
public sealed class RunArchiveTests : IDisposable
{
    // Of Fashion-MNIST, which is not in the repository.
    private const string FashionSha256 = "0476880ef103318c3df661c3c056c6d7b3df31a0c22274039e9e0f4976464802";
    private const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    private static readonly string s_archive = Path.Combine(Repository.Root, "docs", "results", "runs");
    private static readonly Dataset s_mnist = DatasetLoader.Load("mnist");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_archived_run_is_taken_by_its_preset()
    {
        string[] files = Directory.GetFiles(s_archive, "*.zip", SearchOption.AllDirectories);
        Assert.True(files.Length >= 226);
        Assert.All(
            files,
            file =>
            {
                RunResult run = RunArchive.Read(file);
                string preset = Path.GetFileName(Path.GetDirectoryName(file))!;
                Experiment experiment = Preset.Load(preset).Single(e => e.Name == run.Experiment);
                Assert.Contains(run.Seed, experiment.Seeds);
                Assert.Equal(RunArchive.PathOf(s_archive, preset, $"{run.Experiment}-seed{run.Seed}"), file);
                bool isFashion = experiment.Data == "fashion-mnist";
                string data = isFashion ? FashionSha256 + "\n" : Trainer.Fingerprint(s_mnist);
                Assert.Equal(data + experiment.ToCanonicalJson(), run.Fingerprint);
                if (!isFashion)
                {
                    Assert.Null(run.FindMistake(s_mnist));
                }
            }
        );
    }

    [Fact]
    public void Every_archived_model_predicts_what_its_run_noted() => Compare(s_archive);

    [Fact]
    public void A_run_of_other_data_is_not_taken()
    {
        string file = Directory.EnumerateFiles(Path.Combine(s_archive, "equal-bytes")).First();
        string folder = _folder.File("run");
        RunArchive.Extract(file, folder, "another fingerprint");
        Assert.False(Directory.Exists(folder));
        RunArchive.Extract(file, folder, RunArchive.Read(file).Fingerprint);
        Assert.Equal([RunFolder.ModelFile, RunFolder.ResultFile], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
        string again = _folder.File("again.zip");
        File.WriteAllText(Path.Combine(folder, RunFolder.WeightsFile), "weights");
        RunArchive.Add(folder, again, withWeights: false);
        Assert.Equal(Predictions(file), Predictions(again));
        // The weights of a parent are kept.
        string parent = _folder.File("parent.zip"),
            extracted = _folder.File("extracted");
        RunArchive.Add(folder, parent, withWeights: true);
        RunArchive.Extract(parent, extracted, RunArchive.Read(parent).Fingerprint);
        Assert.Equal("weights", File.ReadAllText(Path.Combine(extracted, RunFolder.WeightsFile)));
        RunArchive.Extract(again, _folder.File("other"), RunArchive.Read(again).Fingerprint);
        Assert.False(File.Exists(_folder.File("other/" + RunFolder.WeightsFile)));
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        string file = _folder.Add("damaged.zip", "PK no zip");
        Assert.Contains(file, Assert.Throws<ExperimentException>(() => RunArchive.Read(file)).Message, StringComparison.Ordinal);
    }

    private static byte[] Predictions(string file) => ((ClassificationResult)RunArchive.Read(file)).TestPredictions;

    private static void Compare(string folder)
    {
        ImageSet? fashion = Directory.Exists(FashionFolder) ? DatasetLoader.LoadTest(FashionFolder) : null;
        string[] files = Directory.GetFiles(folder, "*.zip", SearchOption.AllDirectories);
        int compared = 0;
        Parallel.ForEach(
            files,
            file =>
            {
                if (RunArchive.Read(file) is not ClassificationResult run)
                {
                    return; // A network that draws.
                }

                ImageSet? images = run.Fingerprint.StartsWith(FashionSha256, StringComparison.Ordinal) ? fashion : s_mnist.Test;
                if (images is not null && RunArchive.ReadModel(file) is { } model)
                {
                    Assert.Equal(run.TestPredictions, ModelPredictions.Of(model, images));
                    Interlocked.Increment(ref compared);
                }
            }
        );
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{compared} of {files.Length} archived runs are packed models, compared on all test images: 0 differ."
        );
        Assert.NotEqual(0, compared);
    }
}
