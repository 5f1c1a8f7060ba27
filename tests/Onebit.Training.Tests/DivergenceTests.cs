using Onebit.Datasets;

namespace Onebit.Training.Tests;

/// <summary>Trainings that cannot end well stop with a sentence that says what to change.</summary>
public sealed class DivergenceTests : TrainingTests
{
    [Theory]
    [InlineData("float32", OptimizerType.Sgd, 1e30)]
    [InlineData("binarynet", OptimizerType.Sgd, 1e30)]
    [InlineData("binarynet", OptimizerType.Adam, 1e12)]
    [InlineData("binarynet", OptimizerType.Adam, 1e19)]
    [InlineData("binaryconnect", OptimizerType.Adam, 1e12)]
    [InlineData("binaryconnect", OptimizerType.Adam, 1e30)]
    public void A_rate_far_too_high_is_to_be_lowered(string method, OptimizerType optimizer, double rate)
    {
        Experiment experiment = Small(method) with { Optimizer = new OptimizerSpec(optimizer, rate) };
        string sentence = Assert.Throws<ExperimentException>(() => Run(experiment, _folder.Path)).Message;
        Assert.Contains("in epoch", sentence, StringComparison.Ordinal);
        Assert.Contains("lower the optimizer's rate", sentence, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(RunFolder.ResultFile)));
    }

    [Theory]
    [InlineData(2, "at least 3")]
    [InlineData(3, null)]
    public void A_set_too_small_to_train_on_says_how_many_images_are_needed(int images, string? sentence)
    {
        var data = new Dataset("few", s_mnist.AllTrain.Slice(0, images), s_mnist.Test);
        RunResult Train() => new Trainer(Small("binarynet"), data, 1, _folder.Path).Run(TestContext.Current.CancellationToken);
        if (sentence is null)
        {
            Assert.Equal(2, Train().TrainImages);
        }
        else
        {
            Assert.Contains(sentence, Assert.Throws<ExperimentException>(Train).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(20_000, 20_000)]
    [InlineData(int.MaxValue, 1)]
    public void Padding_far_beyond_the_image_is_refused(int padding, int stride)
    {
        Experiment experiment = Small("binarynet") with
        {
            Network = Spec(
                $$"""
                [{ "type": "conv", "filters": 2, "kernel": 3, "padding": {{padding}}, "stride": {{stride}} }, { "type": "dense" }]
                """
            ),
        };
        Assert.Contains("pad less", Assert.Throws<ExperimentException>(() => Run(experiment, _folder.Path)).Message);
    }

    [Theory]
    [InlineData("\"network\": \"a\\u0000b\"", "")]
    [InlineData("\"network\": { \"name\": \"a\\u0001b\", \"layers\": [{ \"type\": \"dense\" }] }", "")]
    [InlineData("\"network\": { \"name\": \"a\\uffffb\", \"layers\": [{ \"type\": \"dense\" }] }", "")]
    [InlineData("\"network\": { \"name\": \"\", \"layers\": [{ \"type\": \"dense\" }] }", "")]
    [InlineData("\"network\": \"mlp\"", ", \"initializeFrom\": \"\\u0000x\"")]
    [InlineData("\"network\": \"mlp\"", ", \"distillation\": { \"teachers\": [\"x\\u0000\"] }")]
    public void Names_that_no_page_could_show_are_refused(string network, string more)
    {
        string path = _folder.Add(
            "e.json",
            $$"""
            { {{network}}, "method": "binarynet", "epochs": 1, "batchSize": 9, "optimizer": { "type": "adam", "rate": 0.1 }{{more}} }
            """
        );
        Assert.Contains("name", Assert.Throws<ExperimentException>(() => ExperimentFile.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\u0001b")]
    [InlineData("a\uffffb")]
    [InlineData("a\nb")]
    public void So_are_names_of_files(string name)
    {
        string path = _folder.Add($"{name}.json", "{}");
        Assert.Contains("the file's name", Assert.Throws<ExperimentException>(() => ExperimentFile.Load(path)).Message);
    }
}
