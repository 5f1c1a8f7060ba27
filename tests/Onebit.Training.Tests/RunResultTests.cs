using System.Text.Json;

namespace Onebit.Training.Tests;

/// <summary>What a finished run reports and packs.</summary>
public sealed class RunResultTests : TrainingTests
{
    [Fact]
    public void The_packed_model_gives_the_reported_predictions()
    {
        foreach (string method in new[] { "binaryconnect", "binaryconnect-stochastic", "binarynet" })
        {
            string folder = _folder.File(method);
            ClassificationResult result = Run(Small(method), folder);
            Assert.True(result.Packed);
            Assert.Null(result.NotPackedBecause);
            Assert.Equal(new FileInfo(Path.Combine(folder, RunFolder.ModelFile)).Length, result.ModelBytes);
            BitModel model = BitModel.Load(Path.Combine(folder, RunFolder.ModelFile));
            byte[] predictions = [.. Enumerable.Range(0, 200).Select(i => (byte)model.Predict(s_mnist.Test.Image(i)))];
            Assert.Equal(predictions, result.TestPredictions);
            Assert.Equal(Enumerable.Range(0, 200).Average(i => Loss(model, i)), result.TestLoss, 1e-9);
            Assert.Equal(Accuracy(predictions, s_mnist.Test), result.TestAccuracy);
            Assert.Equal(
                Accuracy([.. Enumerable.Range(0, 100).Select(i => (byte)model.Predict(s_mnist.Validation.Image(i)))], s_mnist.Validation),
                result.ValidationAccuracy
            );
        }
    }

    [Fact]
    public void A_result_says_what_was_run()
    {
        ClassificationResult result = Run(Small("binarynet") with { Pixels = PixelEncoding.Bits }, _folder.Path);
        Assert.Equal("small", result.Experiment);
        Assert.Equal((1, 1, 1), (result.InputBits, result.WeightBits, result.ActivationBits));
        Assert.Equal(784 * 24 + 24 * 10, result.BinaryParameters);
        Assert.Equal(784 * 24 + 24 * 10, result.MultiplyAccumulates);
        Assert.Equal(784 * 24 + 24 * 10 + 2 * (24 + 10), result.Parameters);
        Assert.Equal((500, 100, 3), (result.TrainImages, result.ValidationImages, result.Epochs));
        // Parameters, gradients and Adam's two moments, four bytes each.
        Assert.Equal(16 * result.Parameters, result.TrainingModelBytes);
        Assert.InRange(result.PeakTrainingBytes, 50_000_000, 20_000_000_000);
        Assert.InRange(result.TrainSeconds, 1e-3, 60);
        Assert.Null(result.Forms);
        var read = (ClassificationResult)RunFolder.Load(_folder.Path)!;
        Assert.Equal(JsonSerializer.Serialize(result, Experiment.Json), JsonSerializer.Serialize(read, Experiment.Json));

        ClassificationResult twin = Run(
            Small("float32") with
            {
                ValidationImages = 50,
                Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.01),
            },
            _folder.File("twin")
        );
        Assert.Equal((32, 32, 32), (twin.InputBits, twin.WeightBits, twin.ActivationBits));
        Assert.Equal((550, 50), (twin.TrainImages, twin.ValidationImages));
        Assert.Equal((result.Parameters, 0), (twin.Parameters, twin.BinaryParameters));
        Assert.Equal(8 * result.Parameters, twin.TrainingModelBytes);
        Assert.False(twin.Packed);
        Assert.Null(twin.NotPackedBecause);
        Assert.Equal(new FileInfo(Path.Combine(_folder.File("twin"), RunFolder.WeightsFile)).Length, twin.ModelBytes);
        Assert.False(File.Exists(Path.Combine(_folder.File("twin"), RunFolder.ModelFile)));
    }

    [Theory]
    [InlineData("bounds")]
    [InlineData("denoisingErrors")]
    public void The_name_of_an_experiment_says_nothing_about_its_task(string name)
    {
        ClassificationResult result = Run(Small("float32") with { Name = name, Epochs = 1 }, _folder.Path);
        Assert.Equal(result.TestPredictions, ((ClassificationResult)RunFolder.Load(_folder.Path)!).TestPredictions);
    }

    [Fact]
    public async Task A_run_that_another_process_finishes_meanwhile_is_not_trained_again()
    {
        string finished = _folder.File("finished"),
            folder = _folder.File("run");
        Run(Small("float32") with { Epochs = 1 }, finished);
        Directory.CreateDirectory(folder);
        IDisposable held = RunFolder.Lock(folder);
        Task<ClassificationResult> second = Task.Run(() => Run(Small("float32") with { Epochs = 1 }, folder));
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(finished, RunFolder.ResultFile), Path.Combine(folder, RunFolder.ResultFile));
        held.Dispose();
        Assert.Equal(((ClassificationResult)RunFolder.Load(finished)!).TrainSeconds, (await second).TrainSeconds);
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("binaryconnect")]
    [InlineData("binarynet")]
    public void Digits_are_learned_and_folding_costs_next_to_nothing(string method)
    {
        ClassificationResult result = Run(Small(method) with { Epochs = 12, BatchSize = 50 }, _folder.Path);
        Assert.InRange(result.TestAccuracy, 0.6, 1);
        Assert.InRange(result.ValidationAccuracy, 0.6, 1);
        // Three of 200 images.
        Assert.Equal(result.UnfoldedTestAccuracy, result.TestAccuracy, 0.0151);
        Assert.InRange(result.TestLoss, 0, 1.5);
        Assert.True(result.Curves.TrainLoss[^1] < result.Curves.TrainLoss[0]);
        Assert.True(result.Curves.ValidationLoss[^1] < result.Curves.ValidationLoss[0]);
    }
}
