using System.Text.Json.Nodes;
using Onebit.Datasets;

namespace Onebit.Cli.Tests;

/// <summary>A look at the first images of MNIST from the command line.</summary>
public class ExploreTests
{
    [Fact]
    public void A_folder_is_looked_at_and_its_hard_images_are_a_test_set()
    {
        using var folder = new TemporaryFolder();
        ImageSet images = DatasetLoader.LoadTest("mnist");
        IdxFile.Save(images.Slice(0, 600), folder.File("data/train-images-idx3-ubyte"), folder.File("data/train-labels-idx1-ubyte"));
        IdxFile.Save(images.Slice(600, 200), folder.File("data/t10k-images-idx3-ubyte"), folder.File("data/t10k-labels-idx1-ubyte"));
        string look = folder.File("look");
        (int code, string output, string error) = OnebitProcess.Run(
            "explore",
            "--data",
            folder.File("data"),
            "--hard-set",
            "--points",
            "120",
            "--perplexity",
            "12.5",
            "--seed",
            "3",
            "--seeds",
            "1",
            "--out",
            look,
            "--json"
        );
        Assert.True(code == 0, error);
        JsonNode result = JsonNode.Parse(output)!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(Path.Combine(look, "explore.json"))), result));
        Assert.Equal(120, (int)result["tsne"]!["points"]!);
        Assert.Equal(12.5, (double)result["tsne"]!["perplexity"]!);
        Assert.Equal(3, (int)result["seed"]!);
        Assert.InRange((double)result["kmeans"]!["accuracy"]!, 0.3, 0.9);
        Assert.InRange((double)result["classifiers"]![2]!["accuracy"]!, 0.7, 1); // Nearest neighbours.
        Assert.EndsWith("</html>", File.ReadAllText(Path.Combine(look, "explore.html")).Trim(), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(look, "tsne.svg")), StringComparison.Ordinal);
        Assert.Contains("t-SNE: begun", error, StringComparison.Ordinal);
        ImageSet hard = DatasetLoader.LoadTest(Path.Combine(look, "hard-set"));
        Assert.Equal(result["hardSet"]!["indices"]!.AsArray().Select(i => images.Labels.Span[600 + (int)i!]), hard.Labels.ToArray());
    }
}
