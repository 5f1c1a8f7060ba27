using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Onebit.Training;

namespace Onebit.Study.Tests;

/// <summary>Files of finished runs and studies keep their names and values: read and written again they are the same JSON.</summary>
public class ResultsFormatTests
{
    private static readonly string s_results = Path.Combine(Repository.Root, "docs", "results");

    [Theory]
    [InlineData("equal-bytes")]
    [InlineData("fashion")]
    [InlineData("full")]
    [InlineData("methods")]
    [InlineData("published")]
    public void A_study_is_read_and_written_without_loss(string name)
    {
        string file = Path.Combine(s_results, name + ".json");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(file))!,
            actual = JsonSerializer.SerializeToNode(StudyResults.Load(file), StudyResults.Json)!;
        Assert.True(JsonNode.DeepEquals(expected, actual), file);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("methods")]
    [InlineData("published")]
    public void A_run_is_read_and_written_without_loss(string preset) =>
        Assert.All(
            Directory.GetFiles(Path.Combine(s_results, "runs", preset)),
            file =>
            {
                using ZipArchive zip = ZipFile.OpenRead(file);
                using Stream run = zip.GetEntry(RunFolder.ResultFile)!.Open();
                JsonNode expected = JsonNode.Parse(run)!,
                    actual = JsonSerializer.SerializeToNode((ClassificationResult)RunArchive.Read(file), Experiment.Json)!;
                Assert.True(JsonNode.DeepEquals(expected, actual), file);
            }
        );
}
