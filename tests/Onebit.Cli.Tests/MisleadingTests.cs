using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

/// <summary>
/// What could mislead: a network that was hardly trained, a model on data of other classes, a network that no file will hold.
/// </summary>
public class MisleadingTests
{
    private static string Model(string name) => Path.Combine(AppContext.BaseDirectory, "models", name + ".onebit");

    [Fact]
    public void The_shipped_recipe_learns_a_small_set_of_shapes()
    {
        using var folder = new TemporaryFolder();
        string data = Shapes.Write(folder, perClass: 250);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "experiments", "quick", "cnn-float32.json"), folder.File("cnn-float32.json"));
        string experiment = folder.File("cnn-float32.json"),
            run = folder.File("run");
        (int code, string output, string error) = OnebitProcess.Run("train", experiment, "--data", data, "--size", "16", "--out", run);
        Assert.True(code == 0, error);
        Assert.Contains("the data set is small, so training has more epochs: cnn-float32", error, StringComparison.Ordinal);
        double accuracy = (double)JsonNode.Parse(File.ReadAllText(Path.Combine(run, "run.json")))!["testAccuracy"]!;
        Assert.True(accuracy >= 0.95 || error.Contains("far too short", StringComparison.Ordinal), $"{accuracy}\n{error}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{accuracy:P2}\n{error}{output}");
    }

    [Fact]
    public void A_training_that_is_cut_short_says_so()
    {
        using var folder = new TemporaryFolder();
        string data = Shapes.Write(folder, perClass: 20);
        string[] command = ["train", "quick/mlp-float32", "--epochs", "2", "--data", data, "--out", folder.File("run")];
        (int code, string output, string error) = OnebitProcess.Run(command);
        Assert.True(code == 0, error);
        Assert.Contains("which is far too short", error, StringComparison.Ordinal);
        Assert.DoesNotContain("more epochs:", error, StringComparison.Ordinal);
        Assert.Contains("2 epochs", output, StringComparison.Ordinal);
        (_, output, error) = OnebitProcess.Run([.. command, "--json"]);
        Assert.Contains("which is far too short", error, StringComparison.Ordinal);
        Assert.Equal(2, (int)JsonNode.Parse(output)!["epochs"]!);
    }

    [Fact]
    public void A_model_is_not_judged_on_data_of_other_classes()
    {
        using var folder = new TemporaryFolder();
        string shapes = folder.File("shapes.onebit");
        new BitModel(
            new ModelInput(1, 28, 28, 1, 128),
            [new Linear(0, 5, 28, 28, 1, 0, 1, new byte[490]), new Scores(1, new[] { 1, 1, 1, 1, 1 }, new long[5], 0)],
            Shapes.Names
        ).Save(shapes);
        Refused("it tells 5 classes apart (circle, cross, ring, square, triangle), but mnist has the labels 0 to 9", "eval", shapes);
        Refused("it tells 5 classes", "bench", shapes, "--batch", "1");
        Refused("it reads other pictures than handwritten digits", "eval", Model("fashion-micro"));
        Refused("tells other classes apart", "eval", Model("mnist-micro"), "--against", Model("fashion-micro"));
        Refused("only scaled", "predict", Model("fashion-micro"), folder.Add("a.txt", ""), "--preprocess", "digits");
        string data = Shapes.Write(folder, perClass: 10);
        (int code, string output, string error) = OnebitProcess.Run("eval", shapes, "--data", data);
        Assert.True(code == 0, error);
        Assert.Contains("images of shapes are right", output.Split('\n')[0], StringComparison.Ordinal);

        static void Refused(string sentence, params string[] arguments)
        {
            (int code, string output, string error) = OnebitProcess.Run(arguments);
            Assert.Equal((1, ""), (code, output));
            Assert.Contains(sentence, error, StringComparison.Ordinal);
            Assert.Single(error.Trim().Split('\n'));
        }
    }

    [Fact]
    public void A_model_of_a_size_of_its_own_is_timed_on_images_of_that_size()
    {
        using var folder = new TemporaryFolder();
        string model = folder.File("wide.onebit");
        new BitModel(
            new ModelInput(1, 6, 8, 1, 128),
            [new Linear(0, 5, 6, 8, 1, 0, 1, new byte[30]), new Scores(1, new[] { 1, 1, 1, 1, 1 }, new long[5], 0)],
            Shapes.Names
        ).Save(model);
        (int code, _, string error) = OnebitProcess.Run("bench", model, "--batch", "1", "--data", Shapes.Write(folder, perClass: 10));
        Assert.True(code == 0, error);
    }

    [Fact]
    public void A_network_that_cannot_be_packed_is_named_before_it_is_trained()
    {
        using var folder = new TemporaryFolder();
        string experiment = folder.Add(
            "wrong-order.json",
            """
            {
              "network": {
                "name": "own",
                "layers": [
                  { "type": "dense", "units": 8 }, { "type": "activation" }, { "type": "batchNorm" }, { "type": "dense" }
                ]
              },
              "method": "binarynet", "epochs": 1, "batchSize": 100, "optimizer": { "type": "adam", "rate": 0.01 }
            }
            """
        );
        (int code, string output, string error) = OnebitProcess.Run("train", experiment, "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains(
            "can be trained, but not packed: layer 4 (dense): weights of one bit are multiplied",
            error,
            StringComparison.Ordinal
        );
        Assert.Contains("bytes, counted", output, StringComparison.Ordinal);
        (code, output, error) = OnebitProcess.Run("train", "full/micro", "--dry-run");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("bytes of activations", output, StringComparison.Ordinal);
        Assert.Contains("the .onebit file", output, StringComparison.Ordinal);
        (_, output, _) = OnebitProcess.Run("train", "full/micro", "--dry-run", "--json");
        JsonNode plan = JsonNode.Parse(output)!;
        Assert.Equal((true, 384_640), ((bool)plan["packed"]!, (int)plan["multiplyAccumulates"]!));
        Assert.Equal([6, 24, 24], plan["layers"]![0]!["gives"]!.AsArray().Select(n => (int)n!));
        Assert.False(Directory.Exists("onebit-runs"));
    }
}
