using System.Text.Json;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public sealed class TrainerTests : IDisposable
{
    // 500 to train, 100 to validate, 200 to test.
    private static readonly Dataset s_mnist = Slice(DatasetLoader.LoadTest("mnist"));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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
        RunResult expected = Run(experiment, undisturbed);

        // An epoch is two steps; the first and the last kill are between them, the other right after the checkpoint.
        Kill(experiment, killed, step: 1);
        Assert.False(File.Exists(Checkpoint(killed)));
        Kill(experiment, killed, step: 2);
        byte[] first = File.ReadAllBytes(Checkpoint(killed));
        Kill(experiment, killed, step: 1);
        Assert.Equal(first, File.ReadAllBytes(Checkpoint(killed)));
        RunResult actual = Run(experiment, killed);

        Assert.Equal(WithoutTimes(expected), WithoutTimes(actual));
        Assert.Equal(3, actual.Curves.TrainLoss.Count);
        foreach (
            string file in new[] { Trainer.WeightsFile, Trainer.ModelFile }.Where(f => method != "float32" || f == Trainer.WeightsFile)
        )
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }

        Assert.False(File.Exists(Checkpoint(killed)));
        Assert.False(File.Exists(Path.Combine(killed, Trainer.ProgressFile)));
    }

    [Theory]
    [InlineData("bop")]
    [InlineData("glorotRates")]
    [InlineData("glorotRates of SGD")]
    [InlineData("emaDecay")]
    [InlineData("emaDecay, stochastic")]
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
        RunResult expected = Run(experiment, undisturbed),
            without = Run(plain, _folder.File("plain"));
        Assert.NotEqual(without.Curves.TrainLoss.Append(without.TestLoss), expected.Curves.TrainLoss.Append(expected.TestLoss));

        Kill(experiment, killed, step: 3);
        Assert.True(File.Exists(Checkpoint(killed)));
        RunResult actual = Run(experiment, killed);
        Assert.Equal(WithoutTimes(expected), WithoutTimes(actual));
        foreach (string file in new[] { Trainer.WeightsFile, Trainer.ModelFile })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(undisturbed, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }
    }

    [Theory]
    [InlineData(OptimizerType.Bop, false)]
    [InlineData(OptimizerType.Adam, true)]
    public void All_parameters_of_a_network_may_be_weights_of_rates_of_their_own(OptimizerType type, bool glorotRates)
    {
        Experiment experiment = Small("binarynet") with
        {
            Network = Spec("""[{ "type": "dense" }, { "type": "scale", "by": 0.1 }]"""),
            Pixels = PixelEncoding.Bits,
        };
        RunResult result = Run(
            experiment with
            {
                Epochs = 12,
                BatchSize = 50,
                Optimizer = new OptimizerSpec(type, 0.01, GlorotRates: glorotRates),
            },
            _folder.Path
        );
        Assert.True(result.Packed, result.NotPackedBecause);
        Assert.InRange(result.TestAccuracy, 0.5, 1);
    }

    [Fact]
    public void A_teacher_leaves_the_pixels_as_they_are()
    {
        using var scope = NewDisposeScope();
        foreach (PixelEncoding encoding in Enum.GetValues<PixelEncoding>())
        {
            using var network = new Network(
                Spec("""[{ "type": "dense" }]"""),
                new Float32(),
                new Shape(1, 1, 3),
                2,
                encoding,
                pixelStatistics: (100, 50)
            );
            Tensor augmented = tensor(new float[] { 0, 100, 255 }, [1, 1, 1, 3]);
            network.Prepare(augmented);
            Assert.Equal([0, 100, 255], augmented.flatten().data<float>().ToArray());
        }
    }

    [Fact]
    public void The_first_of_two_stages_keeps_its_weights_real_and_the_second_starts_from_them()
    {
        Experiment first = Small("binarynet") with { Name = "first", WeightBits = 32, Epochs = 12, BatchSize = 50 };
        RunResult stage = Run(first, _folder.File("first-seed1"));
        Assert.Equal((32, 1, 0), (stage.WeightBits, stage.ActivationBits, stage.BinaryParameters));
        Assert.Equal(
            "a layer's weights stay float32",
            Assert.Throws<PackingException>(() => Packer.Pack(Trainer.CreateNetwork(first, s_mnist))).Message
        );
        Assert.False(File.Exists(_folder.File("first-seed1/" + Trainer.ModelFile)));

        // Steps too small to move anything: the second stage's weights are the first one's, as signs.
        Experiment second = Small("binarynet") with
        {
            InitializeFrom = "first",
            Epochs = 1,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e-12),
        };
        RunResult result = Run(second, _folder.File("second-seed1"));
        Assert.True(result.Packed);
        using var scope = NewDisposeScope();
        Tensor[] Weights(string run) =>
            [
                .. SafeTensors
                    .Load(_folder.File(run + "/" + Trainer.WeightsFile))
                    .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                    .Select(t => t.Value),
            ];
        foreach ((Tensor before, Tensor after) in Weights("first-seed1").Zip(Weights("second-seed1")))
        {
            Assert.True(before.clamp(-1, 1).allclose(after, rtol: 0, atol: 1e-6));
        }

        Assert.True(result.Curves.TrainLoss[0] < Run(second with { InitializeFrom = null }, _folder.File("random")).Curves.TrainLoss[0]);
    }

    [Fact]
    public void A_bitwise_network_is_squeezed_first_and_signs_alone_at_last()
    {
        NetworkSpec network = Spec(
            """
            [
              { "type": "dense", "units": 24, "bias": true }, { "type": "activation" },
              { "type": "dense", "bias": true }, { "type": "scale", "by": 0.25 }
            ]
            """
        );
        Experiment first = Small("bitwise") with
        {
            Name = "first",
            Network = network,
            Pixels = PixelEncoding.Signs,
            WeightBits = 32,
            ActivationBits = 32,
            Epochs = 12,
            BatchSize = 50,
        };
        Run(first, _folder.File("first-seed1"));
        RunResult result = Run(
            first with
            {
                Name = "second",
                WeightBits = null,
                ActivationBits = null,
                InitializeFrom = "first",
            },
            _folder.File("second-seed1")
        );
        Assert.True(result.Packed, result.NotPackedBecause);
        Assert.Equal((1, 1, 1), (result.InputBits, result.WeightBits, result.ActivationBits));
        Assert.Equal(result.UnfoldedTestAccuracy, result.TestAccuracy);
        Assert.InRange(result.TestAccuracy, 0.5, 1);
        // No float and no factor anywhere: what is scored are the sums and bits, for all classes alike.
        Scores scores = (Scores)BitModel.Load(_folder.File("second-seed1/" + Trainer.ModelFile)).Operations[^1];
        Assert.All(scores.Multipliers.ToArray(), m => Assert.Equal(1, m));
        Assert.All(scores.Offsets.ToArray(), b => Assert.True(b is 1 or -1));
    }

    [Fact]
    public void A_run_that_another_one_needs_has_to_be_there_and_of_its_layers()
    {
        Experiment student = Small("binarynet") with { Distillation = new DistillationSpec(["teacher"]) };
        string folder = _folder.File("student");
        Assert.Equal(
            $"There is no finished run 'teacher': neither '{_folder.File("teacher-seed1")}' nor '{_folder.File("teacher")}' holds one; train that experiment first.",
            Assert.Throws<ExperimentException>(() => Run(student, folder)).Message
        );
        Run(Small("float32") with { Network = Spec("""[{ "type": "dense" }]""") }, _folder.File("teacher"));
        Assert.Equal(3, Run(student, folder).Epochs); // A teacher may have any layers.
        Assert.Equal(
            $"The run in '{_folder.File("teacher")}' has other layers: its '0.weight' is missing or has another shape.",
            Assert
                .Throws<ExperimentException>(() => Run(Small("binarynet") with { InitializeFrom = "teacher" }, _folder.File("other")))
                .Message
        );
        File.WriteAllText(_folder.File("teacher/" + Trainer.WeightsFile), "none");
        Assert.Equal(
            $"The weights '{_folder.File("teacher/" + Trainer.WeightsFile)}' cannot be read; train that run again.",
            Assert.Throws<ExperimentException>(() => Run(student, _folder.File("again"))).Message
        );
    }

    [Fact]
    public void With_descent_Glorot_rates_are_one_over_the_square_of_the_initial_size_that_Glorot_gives()
    {
        // One step of descent from the same start moves weights in proportion to their rates: (784 + 10) / 1.5 = 529.33.
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense", "bias": true }]"""),
            Epochs = 1,
            BatchSize = 500,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.01),
        };
        Run(experiment, _folder.File("plain"));
        Run(experiment with { Optimizer = experiment.Optimizer with { GlorotRates = true } }, _folder.File("scaled"));
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network start = Trainer.CreateNetwork(experiment, s_mnist);
        Tensor Moved(string run, string name, Tensor from) =>
            SafeTensors.Load(_folder.File(run + "/" + Trainer.WeightsFile)).Tensors["0." + name] - from;
        WeightModule layer = start.WeightModules.Single();
        Assert.True(
            Moved("scaled", "weight", layer.Weight).allclose(Moved("plain", "weight", layer.Weight) * 529.33, rtol: 1e-3, atol: 1e-3)
        );
        Assert.True(Moved("scaled", "bias", layer.Bias!).allclose(Moved("plain", "bias", layer.Bias!), rtol: 0, atol: 1e-6));
    }

    [Fact]
    public void With_Adam_Glorot_rates_are_one_over_the_initial_size_that_Glorot_gives()
    {
        Experiment experiment = Small("binaryconnect") with { Network = Spec("""[{ "type": "dense" }, { "type": "scale", "by": 0.1 }]""") };
        RunResult expected = Run(
            experiment with
            {
                Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.0001 * Math.Sqrt((784 + 10) / 1.5)),
            },
            _folder.File("plain")
        );
        RunResult actual = Run(
            experiment with
            {
                Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.0001, GlorotRates: true),
            },
            _folder.File("scaled")
        );
        Assert.NotEqual(expected.Curves.TrainLoss[0], expected.Curves.TrainLoss[^1]);
        Assert.All(expected.Curves.TrainLoss.Zip(actual.Curves.TrainLoss), l => Assert.Equal(l.First, l.Second, 1e-6));
    }

    [Fact]
    public void Another_seed_gives_another_network()
    {
        RunResult one = Run(Small("binaryconnect"), _folder.File("1")),
            two = Run(Small("binaryconnect"), _folder.File("2"), seed: 2);
        Assert.NotEqual(one.Curves.TrainLoss, two.Curves.TrainLoss);
        Assert.Equal((1, 2), (one.Seed, two.Seed));
    }

    [Theory]
    [InlineData("float32", PixelEncoding.Unit)]
    [InlineData("irnet", PixelEncoding.Bits)] // Its gradient tightens with the epochs.
    public void Descent_goes_down_the_gradient_of_the_training_images_at_the_scheduled_rate(string method, PixelEncoding encoding)
    {
        Experiment experiment = Small(method) with
        {
            Network = Spec("""[{ "type": "dense" }]"""),
            Pixels = encoding,
            Epochs = 3,
            BatchSize = 1000,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 0.25),
            Schedule = new ScheduleSpec(ScheduleType.Exponential, 0.5),
            ValidationImages = 100,
        };
        RunResult result = Run(experiment, _folder.Path);
        using var scope = NewDisposeScope();
        manual_seed(1);
        using Network network = Trainer.CreateNetwork(experiment, s_mnist);
        Tensor weights = network.WeightModules.Single().Weight;
        Tensor pixels = network.Prepare(Evaluator.Pixels(s_mnist.Train)),
            labels = tensor(s_mnist.Train.Labels.ToArray(), ScalarType.Byte).to(ScalarType.Int64);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            network.Progress = epoch / 3.0;
            weights.grad?.zero_();
            Tensor loss = nn.functional.cross_entropy(network.forward(pixels), labels);
            loss.backward();
            Assert.Equal(loss.ToDouble(), result.Curves.TrainLoss[epoch], 1e-5);
            using var _ = no_grad();
            weights.sub_(weights.grad! * 0.25 * Math.Pow(0.5, epoch));
        }
        Tensor trained = SafeTensors.Load(_folder.File(Trainer.WeightsFile)).Tensors.Values.Single();
        Assert.True(trained.allclose(weights, rtol: 0, atol: 1e-6));
    }

    [Fact]
    public void An_epoch_sees_every_training_image_once()
    {
        // Steps too small to move anything, so that the mean over batches, the last one smaller, is that of all images.
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense" }]"""),
            Epochs = 2,
            BatchSize = 150,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e-12),
        };
        RunResult result = Run(experiment, _folder.Path);
        manual_seed(1);
        using Network network = Trainer.CreateNetwork(experiment, s_mnist);
        double loss = Evaluator.Evaluate(network, s_mnist.Train).Loss;
        Assert.All(result.Curves.TrainLoss, l => Assert.Equal(loss, l, 1e-5));
        Assert.All(result.Curves.ValidationLoss, l => Assert.Equal(Evaluator.Evaluate(network, s_mnist.Validation).Loss, l, 1e-5));
    }

    [Fact]
    public void Latent_weights_are_kept_from_minus_1_to_1_and_float_ones_are_not()
    {
        float[] Largest(string method)
        {
            string folder = _folder.File(method);
            Run(Small(method) with { Optimizer = new OptimizerSpec(OptimizerType.Adam, 1.5) }, folder);
            using var scope = NewDisposeScope();
            return
            [
                .. SafeTensors
                    .Load(Path.Combine(folder, Trainer.WeightsFile))
                    .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                    .Select(t => t.Value.abs().max().ToSingle()),
            ];
        }

        Assert.Equal([1, 1], Largest("binaryconnect"));
        Assert.All(Largest("float32"), w => Assert.True(w > 1.1, w.ToString()));
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("binaryconnect")]
    [InlineData("binarynet")]
    public void Digits_are_learned_and_folding_costs_next_to_nothing(string method)
    {
        RunResult result = Run(Small(method) with { Epochs = 12, BatchSize = 50 }, _folder.Path);
        Assert.InRange(result.TestAccuracy, 0.6, 1);
        Assert.InRange(result.ValidationAccuracy, 0.6, 1);
        // Three of 200 images.
        Assert.Equal(result.UnfoldedTestAccuracy, result.TestAccuracy, 0.0151);
        Assert.InRange(result.TestLoss, 0, 1.5);
        Assert.True(result.Curves.TrainLoss[^1] < result.Curves.TrainLoss[0]);
        Assert.True(result.Curves.ValidationLoss[^1] < result.Curves.ValidationLoss[0]);
    }

    [Fact]
    public void The_packed_model_gives_the_reported_predictions()
    {
        foreach (string method in new[] { "binaryconnect", "binaryconnect-stochastic", "binarynet" })
        {
            string folder = _folder.File(method);
            RunResult result = Run(Small(method), folder);
            Assert.True(result.Packed);
            Assert.Null(result.NotPackedBecause);
            Assert.Equal(new FileInfo(Path.Combine(folder, Trainer.ModelFile)).Length, result.ModelBytes);
            BitModel model = BitModel.Load(Path.Combine(folder, Trainer.ModelFile));
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
        RunResult result = Run(Small("binarynet") with { Pixels = PixelEncoding.Bits }, _folder.Path);
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
        RunResult read = RunResult.Load(_folder.Path)!;
        Assert.Equal(JsonSerializer.Serialize(result, Experiment.Json), JsonSerializer.Serialize(read, Experiment.Json));

        RunResult twin = Run(
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
        Assert.Equal(new FileInfo(Path.Combine(_folder.File("twin"), Trainer.WeightsFile)).Length, twin.ModelBytes);
        Assert.False(File.Exists(Path.Combine(_folder.File("twin"), Trainer.ModelFile)));
    }

    [Fact]
    public void Every_form_of_a_stochastic_network_is_reported_and_an_honest_one_is_packed()
    {
        RunResult result = Run(Small("binaryconnect-stochastic"), _folder.Path);
        Assert.Equal(
            [
                (WeightForm.Sampled, false),
                (WeightForm.Frozen, false),
                (WeightForm.Frozen, true),
                (WeightForm.Sign, false),
                (WeightForm.Sign, true),
                (WeightForm.Latent, false),
                (WeightForm.Latent, true),
            ],
            result.Forms!.Select(f => (f.Form, f.Reestimated))
        );
        FormEvaluation best = result
            .Forms!.Where(f => f is { Form: WeightForm.Frozen } or { Form: WeightForm.Sign, Reestimated: true })
            .OrderByDescending(f => f.ValidationAccuracy)
            .First();
        Assert.Equal(best.Form.ToString().ToLowerInvariant() + (best.Reestimated ? ", statistics re-estimated" : ""), result.EvaluatedForm);
        Assert.Equal(best.TestAccuracy, result.UnfoldedTestAccuracy);

        // The bits in the file are the form's: a draw by the run's seed, or signs.
        using var scope = NewDisposeScope();
        Linear[] packed = [.. BitModel.Load(_folder.File(Trainer.ModelFile)).Operations.OfType<Linear>()];
        Tensor[] latent =
        [
            .. SafeTensors
                .Load(_folder.File(Trainer.WeightsFile))
                .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                .Select(t => t.Value),
        ];
        Assert.Equal(2, packed.Length);
        manual_seed(1);
        for (int i = 0; i < packed.Length; i++)
        {
            bool[] positive = (best.Form == WeightForm.Frozen ? StochasticWeights.Sample(latent[i]) : latent[i])
                .ge(0)
                .flatten()
                .data<bool>()
                .ToArray();
            Assert.Equal(positive, positive.Select((_, b) => (packed[i].Weights.Span[b / 8] >> b % 8 & 1) == 1));
        }
    }

    [Fact]
    public void Statistics_measured_anew_are_those_of_the_form()
    {
        // Latent weights give far smaller sums than the signs drawn from them, and training saw the sums of signs.
        IReadOnlyList<FormEvaluation> forms = Run(
            Small("binaryconnect-stochastic") with
            {
                Epochs = 12,
                BatchSize = 50,
            },
            _folder.Path
        ).Forms!;
        double Accuracy(WeightForm form, bool reestimated) =>
            forms.Single(f => f.Form == form && f.Reestimated == reestimated).TestAccuracy;
        Assert.True(Accuracy(WeightForm.Latent, true) > Accuracy(WeightForm.Latent, false) + 0.1, string.Join('\n', forms));
        Assert.True(Accuracy(WeightForm.Sign, true) > 0.3, string.Join('\n', forms));
    }

    [Fact]
    public void A_stochastic_network_that_no_file_holds_is_evaluated_as_it_was_trained()
    {
        RunResult result = Run(
            Small("binaryconnect-stochastic") with
            {
                Network = Spec("""[{ "type": "dense", "bias": true, "divideByRootFanIn": true }]"""),
                Pixels = PixelEncoding.Unit,
                ActivationBits = 32,
            },
            _folder.Path
        );
        Assert.False(result.Packed);
        Assert.Equal("pixels are seen as unit, not as bytes, bits or signs", result.NotPackedBecause);
        Assert.Equal("sampled", result.EvaluatedForm);
        Assert.Equal([WeightForm.Sampled, WeightForm.Frozen, WeightForm.Sign, WeightForm.Latent], result.Forms!.Select(f => f.Form));
        Assert.Equal(
            (result.TestAccuracy, Accuracy(result.TestPredictions, s_mnist.Test)),
            (result.UnfoldedTestAccuracy, result.TestAccuracy)
        );
        // A bit for each weight, four bytes for each bias.
        Assert.Equal(784 * 10 / 8 + 10 * 4, result.ModelBytes);
        Assert.False(File.Exists(_folder.File(Trainer.ModelFile)));
    }

    [Fact]
    public void Augmentation_ends_with_its_epochs()
    {
        byte[] Weights(AugmentationSpec? augmentation)
        {
            string folder = _folder.File(Guid.NewGuid().ToString());
            Run(Small("binaryconnect") with { Augmentation = augmentation }, folder);
            return File.ReadAllBytes(Path.Combine(folder, Trainer.WeightsFile));
        }

        AugmentationSpec always = new(Rotation: 20);
        byte[] none = Weights(null),
            one = Weights(always with { Epochs = 1 });
        Assert.Equal(none, Weights(always with { Epochs = 0 }));
        Assert.NotEqual(none, one);
        Assert.NotEqual(one, Weights(always));
        Assert.Equal(Weights(always), Weights(always with { Epochs = 3 }));
    }

    [Fact]
    public void A_finished_run_is_returned_without_training()
    {
        RunResult finished = Run(Small("binarynet"), _folder.Path);
        RunResult again = new Trainer(Small("binarynet"), s_mnist, 1, _folder.Path, new Stop(_ => Assert.Fail("It trains."))).Run(
            TestContext.Current.CancellationToken
        );
        Assert.Equal(JsonSerializer.Serialize(finished, Experiment.Json), JsonSerializer.Serialize(again, Experiment.Json));
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
        string path = _folder.Add(RunResult.FileName, "{ \"experiment\"");
        Assert.Equal(
            $"'{path}' is damaged; delete its folder to train that run again.",
            Assert.Throws<ExperimentException>(() => Run(Small("binarynet"), _folder.Path)).Message
        );
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run()
    {
        Experiment experiment = Small("float32") with
        {
            Network = Spec("""[{ "type": "dense", "bias": true }]"""),
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e38),
        };
        Assert.Equal(
            "The loss of 'small' is no longer a number in epoch 1; lower the optimizer's rate.",
            Assert.Throws<ExperimentException>(() => Run(experiment, _folder.Path)).Message
        );
    }

    [Fact]
    public void More_validation_images_than_there_are_images_are_refused() =>
        Assert.Equal(
            "'small' holds out 600 images of 600; set validationImages lower.",
            Assert
                .Throws<ExperimentException>(() => new Trainer(Small("float32") with { ValidationImages = 600 }, s_mnist, 1, _folder.Path))
                .Message
        );

    [Fact]
    public void Progress_runs_from_0_to_1()
    {
        var reports = new List<TrainingProgress>();
        string progress = _folder.File(Trainer.ProgressFile);
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
        Assert.Equal([null, null], reports.Take(2).Select(p => p.ValidationAccuracy));
        Assert.All(reports.Skip(2), p => Assert.NotNull(p.ValidationAccuracy));
        Assert.Equal(0, reports[^1].SecondsLeft!.Value, 1e-9);
        Assert.All(reports, p => Assert.Equal(2, p.Epochs));
    }

    private static Experiment Small(string method) =>
        new()
        {
            Name = "small",
            Network = Spec(
                """
                [
                  { "type": "dense", "units": 24 }, { "type": "batchNorm" }, { "type": "activation" }, { "type": "dropout", "rate": 0.2 },
                  { "type": "dense" }, { "type": "batchNorm" }
                ]
                """
            ),
            Method = Method.Named(method),
            Epochs = 3,
            BatchSize = 250,
            Optimizer = new OptimizerSpec(OptimizerType.Adam, 0.01),
        };

    private static ImageSet WithLabels(ImageSet images, byte[] labels) =>
        new(images.Pixels, labels, images.Channels, images.Height, images.Width);

    private static NetworkSpec Spec(string layers) => new("small", JsonSerializer.Deserialize<Layer[]>(layers, Experiment.Json)!);

    private static Dataset Slice(ImageSet images) => new("slice", images.Slice(0, 600), images.Slice(600, 200));

    private static RunResult Run(Experiment experiment, string folder, int seed = 1) =>
        new Trainer(experiment, s_mnist, seed, folder).Run(TestContext.Current.CancellationToken);

    private static string Checkpoint(string folder) => Path.Combine(folder, "checkpoint.safetensors");

    private static double Loss(BitModel model, int image)
    {
        long[] scores = new long[10];
        double[] probabilities = new double[10];
        model.Predict(s_mnist.Test.Image(image), scores);
        model.Probabilities(scores, probabilities);
        return -Math.Log(probabilities[s_mnist.Test.Labels.Span[image]]);
    }

    /// <summary>Starts or resumes a run and cancels it after so many steps.</summary>
    private static void Kill(Experiment experiment, string folder, int step)
    {
        using var source = new CancellationTokenSource();
        var progress = new Stop(_ =>
        {
            if (--step == 0)
            {
                source.Cancel();
            }
            else
            {
                Thread.Sleep(Stop.Pause);
            }
        });
        Assert.Throws<OperationCanceledException>(() => new Trainer(experiment, s_mnist, 1, folder, progress).Run(source.Token));
        Assert.Equal(0, step);
    }

    private static string WithoutTimes(RunResult result) =>
        JsonSerializer.Serialize(result with { TrainSeconds = 0, TrainProcessorSeconds = 0, PeakTrainingBytes = 0 }, Experiment.Json);

    private static double Accuracy(byte[] predictions, ImageSet images) =>
        (double)predictions.Where((p, i) => p == images.Labels.Span[i]).Count() / images.Count;

    /// <summary>Told after each step, as long as it takes its time.</summary>
    private sealed class Stop(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        /// <summary>Progress is told no more often than twice a second.</summary>
        public static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.51);

        public void Report(TrainingProgress value) => report(value);
    }
}
