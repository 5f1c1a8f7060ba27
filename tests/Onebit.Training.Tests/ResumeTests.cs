using System.Text.Json;
using Onebit.Datasets;

namespace Onebit.Training.Tests;

/// <summary>Runs that are killed, resumed or started over.</summary>
public sealed class ResumeTests : TrainingTests
{
    [Theory]
    [InlineData("float32", OptimizerType.Adam)]
    [InlineData("float32", OptimizerType.Sgd)]
    [InlineData("binaryconnect", OptimizerType.Adam)]
    [InlineData("binaryconnect", OptimizerType.Sgd)]
    [InlineData("binaryconnect-stochastic", OptimizerType.Adam)]
    [InlineData("binaryconnect-stochastic", OptimizerType.Sgd)]
    public void A_run_that_was_killed_again_and_again_ends_as_an_undisturbed_one(string method, OptimizerType optimizer)
    {
        Experiment experiment = Small(method) with
        {
            Optimizer = new OptimizerSpec(optimizer, 0.01, optimizer == OptimizerType.Sgd ? 0.9 : 0),
            Schedule = new ScheduleSpec(ScheduleType.Cosine),
            Augmentation = method == "binaryconnect-stochastic" ? new AugmentationSpec(10, 0.1, 0.1, 5, Epochs: 2) : null,
        };
        string undisturbed = _folder.File("undisturbed"),
            killed = _folder.File("killed");
        ClassificationResult expected = Run(experiment, undisturbed);

        // An epoch is two steps; the first and the last kill are between them, the other right after the checkpoint.
        Kill(experiment, killed, step: 1);
        Assert.False(File.Exists(Checkpoint(killed)));
        Kill(experiment, killed, step: 2);
        byte[] first = File.ReadAllBytes(Checkpoint(killed));
        Kill(experiment, killed, step: 1);
        Assert.Equal(first, File.ReadAllBytes(Checkpoint(killed)));
        ClassificationResult actual = Run(experiment, killed);

        Assert.Equal(WithoutTimes(expected), WithoutTimes(actual));
        Assert.Equal(3, actual.Curves.TrainLoss.Count);
        foreach (
            string file in new[] { RunFolder.WeightsFile, RunFolder.ModelFile }.Where(f =>
                method != "float32" || f == RunFolder.WeightsFile
            )
        )
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }

        Assert.False(File.Exists(Checkpoint(killed)));
        Assert.False(File.Exists(Path.Combine(killed, RunFolder.ProgressFile)));
    }

    [Theory]
    [InlineData("bop")]
    [InlineData("glorotRates")]
    [InlineData("glorotRates of SGD")]
    [InlineData("emaDecay")]
    [InlineData("emaDecay, stochastic")]
    [InlineData("weightRegularization")]
    [InlineData("distillation")]
    [InlineData("initializeFrom")]
    [InlineData("tightening")]
    [InlineData("shifts")]
    public void Every_option_of_training_survives_a_kill(string option)
    {
        Experiment plain = Small("binarynet");
        Experiment experiment = option switch
        {
            "bop" => plain with { Optimizer = new OptimizerSpec(OptimizerType.Bop, 0.01, Adaptivity: 0.1, Threshold: 1e-5) },
            "glorotRates" => plain with { Optimizer = plain.Optimizer with { GlorotRates = true } },
            "glorotRates of SGD" => plain with
            {
                Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.01, 0.9, GlorotRates: true),
                Loss = LossType.SquaredHinge,
            },
            "emaDecay" => plain with { EmaDecay = 0.9 },
            "emaDecay, stochastic" => Small("binaryconnect-stochastic") with { EmaDecay = 0.9 },
            "weightRegularization" => plain with { WeightRegularization = new WeightRegularizationSpec(10, 0.5) },
            "distillation" => plain with
            {
                Distillation = new DistillationSpec(["teacher", "teacher-seed2"]),
                Augmentation = new AugmentationSpec(10),
            },
            "initializeFrom" => plain with { InitializeFrom = "teacher" },
            "tightening" => Small("irnet"),
            _ => Small("reactnet"),
        };
        Run(Small("float32") with { Name = "teacher" }, _folder.File("teacher-seed1"));
        Run(Small("binaryconnect") with { Name = "teacher" }, _folder.File("teacher-seed2"), seed: 2);
        string undisturbed = _folder.File("undisturbed"),
            killed = _folder.File("killed");
        ClassificationResult expected = Run(experiment, undisturbed),
            without = Run(plain, _folder.File("plain"));
        Assert.NotEqual(without.Curves.TrainLoss.Append(without.TestLoss), expected.Curves.TrainLoss.Append(expected.TestLoss));

        Kill(experiment, killed, step: 3);
        Assert.True(File.Exists(Checkpoint(killed)));
        ClassificationResult actual = Run(experiment, killed);
        Assert.Equal(WithoutTimes(expected), WithoutTimes(actual));
        foreach (string file in new[] { RunFolder.WeightsFile, RunFolder.ModelFile })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }
    }

    [Fact]
    public void A_finished_run_is_returned_without_training()
    {
        ClassificationResult finished = Run(Small("binarynet"), _folder.Path);
        RunResult again = new Trainer(Small("binarynet"), s_mnist, 1, _folder.Path, new Stop(_ => Assert.Fail("It trains."))).Run(
            TestContext.Current.CancellationToken
        );
        Assert.Equal(
            JsonSerializer.Serialize(finished, Experiment.Json),
            JsonSerializer.Serialize((ClassificationResult)again, Experiment.Json)
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_folder_that_holds_another_run_is_refused(bool isFinished)
    {
        Experiment experiment = Small("binaryconnect");
        if (isFinished)
        {
            Run(experiment, _folder.Path);
        }
        else
        {
            Kill(experiment, _folder.Path, step: 2);
        }

        string[] files = [.. Directory.EnumerateFiles(_folder.Path).Order()];
        void AssertRefused(Experiment other, Dataset data, int seed) =>
            Assert.Equal(
                $"The folder '{_folder.Path}' holds a run of another experiment, seed or data set; delete it or choose another --out.",
                Assert
                    .Throws<ExperimentException>(() =>
                        new Trainer(other, data, seed, _folder.Path).Run(TestContext.Current.CancellationToken)
                    )
                    .Message
            );

        AssertRefused(experiment with { Epochs = 4 }, s_mnist, 1);
        AssertRefused(experiment with { Method = new BinaryNet() }, s_mnist, 1);
        AssertRefused(experiment, s_mnist, 2);
        // Two classes have changed their labels.
        byte[] swapped = [.. s_mnist.AllTrain.Labels.ToArray().Select(l => l < 2 ? (byte)(1 - l) : l)];
        AssertRefused(experiment, new Dataset("mnist", WithLabels(s_mnist.AllTrain, swapped), s_mnist.Test), 1);
        Assert.Equal(files, Directory.EnumerateFiles(_folder.Path).Order());
        // A note and more seeds make no other run.
        Assert.Equal(1, Run(experiment with { Note = "note", Data = "mnist", Seeds = [1, 2] }, _folder.Path).Seed);
    }

    [Theory]
    [InlineData(OptimizerType.Adam)]
    [InlineData(OptimizerType.Sgd)]
    public void A_damaged_checkpoint_is_refused_in_one_sentence_or_read(OptimizerType optimizer)
    {
        Experiment experiment = Small("binaryconnect") with
        {
            Optimizer = new OptimizerSpec(optimizer, 0.01, 0.5),
            Network = Spec("""[{ "type": "dense" }, { "type": "batchNorm" }]"""),
        };
        Kill(experiment, _folder.Path, step: 2);
        byte[] whole = File.ReadAllBytes(Checkpoint(_folder.Path));
        bool IsRefused(byte[] damaged)
        {
            File.WriteAllBytes(Checkpoint(_folder.Path), damaged);
            // Stops before the first step: what counts is whether it comes so far.
            Exception? e = Record.Exception(() => new Trainer(experiment, s_mnist, 1, _folder.Path).Run(new CancellationToken(true)));
            if (e is OperationCanceledException)
            {
                return false;
            }

            string message = Assert.IsType<ExperimentException>(e).Message;
            Assert.StartsWith($"The checkpoint '{Checkpoint(_folder.Path)}' is damaged (", message, StringComparison.Ordinal);
            Assert.EndsWith("); delete it to start the run over.", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
            return true;
        }

        Assert.False(IsRefused(whole));
        foreach (int length in new[] { 0, 7, 8, 100, whole.Length / 2, whole.Length - 1 })
        {
            Assert.True(IsRefused(whole[..length]), length.ToString());
        }

        Assert.True(IsRefused([.. whole, 0]));

        // Names, types, shapes and places of the tensors, behind the metadata; the numbers themselves may be any.
        int start = whole.AsSpan().IndexOf("\"dtype\""u8),
            end = 8 + (int)BitConverter.ToInt64(whole);
        int refused = 0;
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. whole];
            damaged.AsSpan(start + i * (end - start) / 150, 1 + i % 2).Fill((byte)(i % 3 == 0 ? 255 : 127));
            if (IsRefused(damaged))
            {
                refused++;
            }
        }
        Assert.InRange(refused, 10, 150);
    }

    [Fact]
    public void A_damaged_result_is_named()
    {
        string path = _folder.Add(RunFolder.ResultFile, "{ \"experiment\"");
        Assert.Equal(
            $"'{path}' is damaged; delete its folder to train that run again.",
            Assert.Throws<ExperimentException>(() => Run(Small("binarynet"), _folder.Path)).Message
        );
    }

    [Fact]
    public void Progress_runs_from_0_to_1()
    {
        var reports = new List<TrainingProgress>();
        string progress = _folder.File(RunFolder.ProgressFile);
        new Trainer(
            Small("binarynet") with
            {
                Epochs = 2,
            },
            s_mnist,
            1,
            _folder.Path,
            new Stop(p =>
            {
                reports.Add(p);
                Thread.Sleep(Stop.Pause);
            })
        ).Run(TestContext.Current.CancellationToken);
        Assert.Equal([(1, 0.25), (1, 0.5), (2, 0.75), (2, 1)], reports.Select(p => (p.Epoch, p.Done)));
        Assert.Equal([null, null], reports.Take(2).Select(p => p.Validation));
        Assert.All(reports.Skip(2), p => Assert.NotNull(p.Validation));
        Assert.Equal(0, reports[^1].SecondsLeft, 1e-9);
        Assert.All(reports, p => Assert.Equal(2, p.Epochs));
    }
}
