namespace Onebit.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("Say what to do")]
    [InlineData("no command 'frob'", "frob")]
    [InlineData("no preset 'nope'", "study", "--preset", "nope")]
    [InlineData("'x'", "study", "--jobs", "x")]
    [InlineData("no results file 'nope.json'", "report", "nope.json")]
    [InlineData("no command 'evl' (did you mean 'eval'?)", "evl")]
    [InlineData("no preset 'quik' (did you mean 'quick'?)", "study", "--preset", "quik")]
    [InlineData("no preset 'quik' (did you mean 'quick'?)", "list", "quik")]
    [InlineData("did you mean 'quick/mlp-binaryconnect'?", "train", "quick/mlp-binaryconect")]
    [InlineData("'quick' is a preset, try 'onebit list quick'", "train", "quick")]
    [InlineData("--seed takes a number, not 'abc'", "train", "smoke/logistic-float32", "--seed", "abc")]
    [InlineData("from 1 to 100000, not '0'", "train", "smoke/logistic-float32", "--epochs", "0")]
    [InlineData("from 1 on, not '0'", "train", "smoke/logistic-float32", "--threads", "0")]
    [InlineData("no experiment file 'nope'", "train", "nope")]
    [InlineData("no model file 'nope.onebit'", "eval", "nope.onebit")]
    [InlineData("no model file 'nope.onebit'", "eval", "cnn.onebit", "--against", "nope.onebit")]
    [InlineData("no model file 'nope.onebit'", "inspect", "nope.onebit")]
    [InlineData("no model file 'nope.onebit'", "export", "nope.onebit")]
    [InlineData("--format takes c, onnx, qonnx, safetensors, header, not 'pascal'", "export", "cnn.onebit", "--format", "pascal")]
    [InlineData("not '9lives'", "export", "cnn.onebit", "--prefix", "9lives")]
    [InlineData("no model file 'nope.onebit'", "predict", "nope.onebit", "a.png")]
    [InlineData("'IMAGE'", "predict", "cnn.onebit")]
    [InlineData("'tea'", "predict", "cnn.onebit", "a.png", "--preprocess", "tea")]
    [InlineData("leave one of them out", "predict", "cnn.onebit", "a.png", "--show", "--json")]
    [InlineData("not '28x'", "train", "smoke/logistic-float32", "--size", "28x")]
    [InlineData("not '28x28x2'", "study", "--size", "28x28x2")]
    [InlineData("not '0'", "data", "--size", "0")]
    [InlineData("no model file 'nope.onebit'", "bench", "nope.onebit")]
    [InlineData("from 1 to 100000, not '0'", "bench", "--batch", "0")]
    [InlineData("no folder 'nope'", "explore", "--models", "nope")]
    [InlineData("at most 10000, not '10001'", "explore", "--points", "10001")]
    [InlineData("from 50 on, not '7'", "explore", "--points", "7")]
    [InlineData("from 2 to 1000, not '1'", "explore", "--perplexity", "1")]
    [InlineData("from 2 to 1000, not 'NaN'", "explore", "--perplexity", "NaN")]
    [InlineData("--wrong", "data", "mnist", "--wrong")]
    public void A_command_used_wrongly_ends_with_2_and_one_sentence(string sentence, params string[] arguments)
    {
        (int code, string output, string error) = OnebitProcess.Run(arguments);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public void What_fails_ends_with_1_and_one_sentence_naming_the_file()
    {
        using var folder = new TemporaryFolder();
        string model = folder.File("broken.onebit");
        File.WriteAllText(model, "1BIT but no more");
        string experiment = folder.File("wrong.json");
        File.WriteAllText(
            experiment,
            """
            {
              "network": "mlp", "method": "telepathy", "epochs": 1, "batchSize": 10, "optimizer": { "type": "adam", "rate": 1 }
            }
            """
        );
        string models = folder.File("no-models");
        Directory.CreateDirectory(models);
        foreach (
            (string[] arguments, string name) in new (string[], string)[]
            {
                (["eval", model], model),
                (["inspect", model], model),
                (["export", model, "--out", folder.Path], model),
                (["bench", model], model),
                (["train", experiment], experiment),
                (["data", folder.Path], folder.Path),
                (["report", experiment], experiment),
                (["explore", "--models", models, "--out", folder.File("look")], models),
            }
        )
        {
            (int code, string output, string error) = OnebitProcess.Run(arguments);
            Assert.Equal(1, code);
            Assert.Empty(output);
            Assert.Contains(name, error, StringComparison.Ordinal);
            Assert.Single(error.Trim().Split('\n'));
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_experiment_is_trained_on_the_data_it_is_meant_for_unless_other_data_are_chosen()
    {
        using var folder = new TemporaryFolder();
        string Experiment(string name) =>
            $$"""
                {
                  "data": "{{name}}", "network": "mlp", "method": "float32",
                  "epochs": 1, "batchSize": 10, "optimizer": { "type": "adam", "rate": 1 }
                }
                """;
        string first = folder.File("first.json"),
            preset = folder.Path,
            output = folder.File("out");
        File.WriteAllText(first, Experiment("no-such-clothes"));
        AssertFails("'no-such-clothes'", "train", first, "--out", output);
        AssertFails("'no-such-animals'", "train", first, "--data", "no-such-animals", "--out", output);
        AssertFails("'no-such-clothes'", "study", "--preset", preset, "--out", output);
        File.WriteAllText(folder.File("second.json"), Experiment("no-such-shoes"));
        AssertFails("meant for no-such-clothes and no-such-shoes; choose one with --data", "study", "--preset", preset, "--out", output);
        AssertFails("'no-such-animals'", "study", "--preset", preset, "--data", "no-such-animals", "--out", output);

        static void AssertFails(string sentence, params string[] arguments)
        {
            (int code, string _, string error) = OnebitProcess.Run(arguments);
            Assert.Equal(1, code);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
            Assert.Single(error.Trim().Split('\n'));
        }
    }

    [Theory]
    [InlineData("explore")]
    [InlineData("study")]
    [InlineData("train")]
    [InlineData("eval")]
    [InlineData("inspect")]
    [InlineData("export")]
    [InlineData("predict")]
    [InlineData("bench")]
    [InlineData("data")]
    [InlineData("list")]
    public void Help_has_an_example(string command)
    {
        (int code, string output, _) = OnebitProcess.Run(command, "--help");
        Assert.Equal(0, code);
        Assert.Contains($"Example: onebit {command}", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_be_named_is_listed()
    {
        string all = OnebitProcess.Run("list").Output;
        Assert.All(["quick", "binaryconnect", "cnn", "fashion-mnist"], name => Assert.Contains(name, all, StringComparison.Ordinal));
        string quick = OnebitProcess.Run("list", "quick").Output;
        Assert.Contains("mlp-binarynet-1bit", quick, StringComparison.Ordinal);
        Assert.Contains("onebit train quick/cnn-binaryconnect", quick, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"cnn-float32\"", OnebitProcess.Run("list", "quick", "--json").Output, StringComparison.Ordinal);
    }
}
