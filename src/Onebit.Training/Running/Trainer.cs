using System.Diagnostics;
using System.Text.Json;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Trains one experiment with one seed in a folder of its own: a checkpoint each epoch, <c>progress.json</c> while it
/// runs, then the weights, the packed model where there is one, and <see cref="RunResult"/>. Killed at any moment and
/// started again it goes on, and ends with the numbers of an undisturbed run: all randomness of an epoch comes from a
/// seed of its own.
/// </summary>
public sealed class Trainer
{
    /// <summary>The trained weights' file.</summary>
    public const string WeightsFile = "weights.safetensors";

    /// <summary>The packed model's file.</summary>
    public const string ModelFile = "model.onebit";

    /// <summary>The file that tells where a run stands.</summary>
    public const string ProgressFile = "progress.json";

    private const string CheckpointFile = "checkpoint.safetensors";

    private readonly Experiment _experiment;
    private readonly int _seed;
    private readonly string _folder;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly Dataset _data;
    private readonly ImageSet _train,
        _validation,
        _test;
    private readonly string _fingerprint;
    private readonly TrainingCurves _curves = new([], [], []);
    private readonly Network _network;
    private double _trainSeconds;
    private double _processorSeconds;
    private long _peakBytes;
    private DateTime _reported;

    /// <summary>Builds the network; <see cref="Run"/> trains it.</summary>
    /// <param name="experiment">What to train.</param>
    /// <param name="data">The images.</param>
    /// <param name="seed">Of weights, order and augmentation.</param>
    /// <param name="folder">The run's own folder.</param>
    /// <param name="progress">Told a few times a second.</param>
    /// <exception cref="ExperimentException">The network does not fit the images, or the folder holds another run.</exception>
    public Trainer(Experiment experiment, Dataset data, int seed, string folder, IProgress<TrainingProgress>? progress = null)
    {
        _experiment = experiment;
        _seed = seed;
        _folder = folder;
        _progress = progress;
        _data = data;
        _test = data.Test;
        (_train, _validation) = Split(experiment, data);
        _fingerprint = Fingerprint(experiment, data);
        manual_seed(seed);
        _network = CreateNetwork(experiment, data);
    }

    /// <summary>What makes two runs of one seed the same: the experiment and the data.</summary>
    public static string Fingerprint(Experiment experiment, Dataset data) => Fingerprint(data) + experiment.ToCanonicalJson();

    /// <summary>What two runs on the same data have in common: how their fingerprints begin.</summary>
    public static string Fingerprint(Dataset data) => $"{data.Sha256}\n";

    /// <summary>The experiment's network for these images, with random weights.</summary>
    /// <exception cref="ExperimentException">The layers do not fit together.</exception>
    public static Network CreateNetwork(Experiment experiment, Dataset data)
    {
        ImageSet images = Split(experiment, data).Train;
        return new Network(
            experiment.Network,
            experiment.Method,
            images.Shape,
            data.ClassCount,
            experiment.PixelEncoding,
            experiment.ActivationBits,
            experiment.WeightBits,
            experiment.ZeroInit,
            experiment.PixelEncoding == PixelEncoding.Normalized ? Statistics(images.Pixels.Span) : null,
            experiment.PixelThreshold
        );
    }

    /// <summary>Trains what is left to train. A finished run is returned as it is.</summary>
    /// <exception cref="ExperimentException">The folder holds a run of something else, or another process trains in it.</exception>
    public RunResult Run(CancellationToken cancellation = default)
    {
        if (RunResult.Load(_folder) is { } finished)
        {
            RequireSame(finished.Fingerprint, finished.Seed);
            return finished;
        }
        Directory.CreateDirectory(_folder);
        using FileStream own = Own();
        using var scope = NewDisposeScope();
        if (_experiment.InitializeFrom is { } start)
        {
            EarlierRun.Start(_network, start, _folder, _seed);
        }

        using var objective = new Objective(_experiment, _data, _folder, _seed);
        var optimization = new Optimization(_experiment, _network);
        int epoch = Resume(optimization);
        using Tensor pixels = Evaluator.Pixels(_train);
        using Tensor labels = tensor(_train.Labels.ToArray(), ScalarType.Byte).to(ScalarType.Int64);
        for (; epoch < _experiment.Epochs; epoch++)
        {
            TrainEpoch(epoch, pixels, labels, objective, optimization, cancellation);
            Evaluation validation = Evaluator.Evaluate(_network, _validation);
            _curves.ValidationLoss.Add(validation.Loss);
            _curves.ValidationAccuracy.Add(validation.Accuracy);
            SaveCheckpoint(epoch + 1, optimization);
        }
        if (optimization.TakeAverage())
        {
            manual_seed(_seed); // Stochastic weights are drawn, and have to be again after a kill.
            RecalibrateBatchNorm();
        }
        RunResult result = Finish(optimization.StateCount);
        AtomicFile.WriteText(Path.Combine(_folder, RunResult.FileName), JsonSerializer.Serialize(result, Experiment.Json));
        File.Delete(Path.Combine(_folder, CheckpointFile));
        File.Delete(Path.Combine(_folder, ProgressFile));
        return result;
    }

    /// <summary>
    /// Two processes in one folder would spoil each other's checkpoints. A child of a killed study needs a moment to end.
    /// </summary>
    private FileStream Own()
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(
                    Path.Combine(_folder, "lock"),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1,
                    FileOptions.DeleteOnClose
                );
            }
            catch (IOException) when (attempt < 20)
            {
                Thread.Sleep(250);
            }
            catch (IOException)
            {
                throw new ExperimentException($"Another process trains in '{_folder}'; wait until it is done or choose another --out.");
            }
        }
    }

    private void TrainEpoch(
        int epoch,
        Tensor pixels,
        Tensor labels,
        Objective objective,
        Optimization optimization,
        CancellationToken cancellation
    )
    {
        // Seeds of weights are small numbers, so an epoch never shares its stream with another run's start.
        manual_seed((_seed + 1L) * 1_000_003 + epoch);
        _network.train();
        _network.Progress = (double)epoch / _experiment.Epochs;
        var clock = Stopwatch.StartNew();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long count = pixels.shape[0];
        using Tensor order = randperm(count);
        double loss = 0;
        long seen = 0;
        for (long start = 0; start < count; start += _experiment.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            long size = Math.Min(_experiment.BatchSize, count - start);
            if (size == 1)
            {
                break; // One image has no batch statistics.
            }

            using var scope = NewDisposeScope();
            double now = epoch + (double)start / count;
            optimization.SetRate(_experiment.Schedule?.FactorAt(now, _experiment.Epochs) ?? 1);
            Tensor chosen = order.narrow(0, start, size);
            Tensor images = pixels.index_select(0, chosen);
            if (_experiment.Augmentation is { } augmentation && epoch < (augmentation.Epochs ?? int.MaxValue))
            {
                images = augmentation.Apply(images);
            }

            Tensor output = objective.Loss(_network.forward(_network.Prepare(images)), labels.index_select(0, chosen), images);
            optimization.Step(output);
            loss += output.ToDouble() * size;
            if (!double.IsFinite(loss))
            {
                throw new ExperimentException(
                    $"The loss of '{_experiment.Name}' is no longer a number in epoch {epoch + 1}; lower the optimizer's rate."
                );
            }

            seen += size;
            Report(epoch, (double)seen / count, loss / seen, _trainSeconds + clock.Elapsed.TotalSeconds);
        }
        _curves.TrainLoss.Add(loss / seen);
        _trainSeconds += clock.Elapsed.TotalSeconds;
        _processorSeconds += (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        _peakBytes = Math.Max(_peakBytes, Process.GetCurrentProcess().PeakWorkingSet64);
    }

    private void Report(int epoch, double share, double loss, double seconds)
    {
        if (DateTime.UtcNow - _reported < TimeSpan.FromSeconds(0.5))
        {
            return;
        }

        _reported = DateTime.UtcNow;
        double done = (epoch + share) / _experiment.Epochs;
        double? validation = _curves.ValidationAccuracy.Count > 0 ? _curves.ValidationAccuracy[^1] : null;
        var progress = new TrainingProgress(epoch + 1, _experiment.Epochs, done, loss, validation, seconds / done * (1 - done));
        _progress?.Report(progress);
        AtomicFile.WriteText(Path.Combine(_folder, ProgressFile), JsonSerializer.Serialize(progress, Experiment.Json));
    }

    private RunResult Finish(long optimizerState)
    {
        Dictionary<string, Tensor> weights = _network.state_dict();
        SafeTensors.Save(
            Path.Combine(_folder, WeightsFile),
            weights,
            new Dictionary<string, string> { ["experiment"] = _experiment.Name, ["method"] = _experiment.Method.Name }
        );

        List<FormEvaluation>? forms = null;
        string? form = null;
        if (_network.WeightBits == 1 && _network.WeightModules.Any(l => l.Binarizer is StochasticWeights))
        {
            (forms, form) = ChooseForm();
        }

        BitModel? model = null;
        string? obstacle = null;
        if (_network.WeightBits < 32)
        {
            try
            {
                model = Packer.Pack(_network, _data.ClassNames, _experiment.ScaleBits ?? Affine.MultiplierBits);
                model.Save(Path.Combine(_folder, ModelFile));
            }
            catch (PackingException e)
            {
                obstacle = e.Message;
                if (forms is not null)
                {
                    // As in training: no file holds it anyway, so nothing is gained by a choice.
                    manual_seed(_seed);
                    Freeze(form: null);
                    form = Name(WeightForm.Sampled, reestimated: false);
                }
            }
        }
        Evaluation unfolded = Evaluator.Evaluate(_network, _test);
        Evaluation test = model is null ? unfolded : Evaluator.Evaluate(model, _test);
        Evaluation validation = model is null ? Evaluator.Evaluate(_network, _validation) : Evaluator.Evaluate(model, _validation);
        long binary = _network.BinaryParameterCount,
            parameters = _network.ParameterCount;
        return new RunResult
        {
            Experiment = _experiment.Name,
            Fingerprint = _fingerprint,
            Seed = _seed,
            InputBits = _network.InputBits,
            WeightBits = _network.WeightBits,
            ActivationBits = _network.ActivationBits,
            Parameters = parameters,
            BinaryParameters = binary,
            MultiplyAccumulates = _network.MultiplyAccumulates,
            Packed = model is not null,
            NotPackedBecause = obstacle,
            ModelBytes =
                model is not null ? new FileInfo(Path.Combine(_folder, ModelFile)).Length
                : binary == 0 ? new FileInfo(Path.Combine(_folder, WeightsFile)).Length
                : (binary * _network.WeightBits + 7) / 8 + 4 * (parameters - binary),
            TestAccuracy = test.Accuracy,
            TestLoss = test.Loss,
            ValidationAccuracy = validation.Accuracy,
            UnfoldedTestAccuracy = unfolded.Accuracy,
            Forms = forms,
            EvaluatedForm = form,
            TestPredictions = test.Predictions,
            TrainImages = _train.Count,
            ValidationImages = _validation.Count,
            Epochs = _experiment.Epochs,
            TrainSeconds = _trainSeconds,
            TrainProcessorSeconds = _processorSeconds,
            TrainingModelBytes = 4 * (2 * parameters + optimizerState),
            PeakTrainingBytes = _peakBytes,
            Curves = _curves,
        };
    }

    /// <summary>
    /// Evaluates every form of a stochastically trained network and leaves it in the one-bit form that is best on the
    /// validation images: a frozen sample, or the signs after statistics were measured anew for them.
    /// </summary>
    private (List<FormEvaluation> Forms, string Chosen) ChooseForm()
    {
        bool normalized = _network.BatchNormModules.Any();
        float[][] statistics = _network
            .BatchNormModules.SelectMany(n => new[] { n.Mean, n.Variance })
            .Select(t => t.data<float>().ToArray())
            .ToArray();
        var evaluations = new List<FormEvaluation>();
        foreach (WeightForm form in Enum.GetValues<WeightForm>())
        {
            evaluations.Add(Evaluate(form, reestimated: false));
            if (normalized && form != WeightForm.Sampled)
            {
                evaluations.Add(Evaluate(form, reestimated: true));
            }
        }
        FormEvaluation best = evaluations
            .Where(e => e.Form == WeightForm.Frozen || (e.Form == WeightForm.Sign && e.Reestimated))
            .MaxBy(e => e.ValidationAccuracy)!;
        Enter(best.Form, best.Reestimated);
        return (evaluations, Name(best.Form, best.Reestimated));

        FormEvaluation Evaluate(WeightForm form, bool reestimated)
        {
            Enter(form, reestimated);
            return new FormEvaluation(
                form,
                reestimated,
                Evaluator.Evaluate(_network, _validation).Accuracy,
                Evaluator.Evaluate(_network, _test).Accuracy
            );
        }

        void Enter(WeightForm form, bool reestimated)
        {
            manual_seed(_seed); // The same sample whenever it is drawn.
            foreach ((BatchNormModule norm, int i) in _network.BatchNormModules.Select((n, i) => (n, i)))
            {
                norm.Mean.copy_(tensor(statistics[2 * i]));
                norm.Variance.copy_(tensor(statistics[2 * i + 1]));
            }
            Freeze(form);
            if (reestimated)
            {
                RecalibrateBatchNorm();
            }
        }
    }

    private static string Name(WeightForm form, bool reestimated) =>
        form.ToString().ToLowerInvariant() + (reestimated ? ", statistics re-estimated" : "");

    private void Freeze(WeightForm? form)
    {
        foreach (WeightModule layer in _network.WeightModules.Where(l => l.IsBinarized))
        {
            layer.Frozen = form switch
            {
                WeightForm.Frozen => StochasticWeights.Sample(layer.Weight),
                WeightForm.Sign => Binarizer.SignOf(layer.Weight).detach(),
                WeightForm.Latent => layer.Weight.detach(),
                _ => null,
            };
        }
    }

    /// <summary>Measures batch-normalization statistics anew for the weights as they are: the plain mean over batches.</summary>
    private void RecalibrateBatchNorm()
    {
        const int Images = 10_000,
            Batch = 200;
        using var _ = no_grad();
        _network.eval(); // Dropout would distort what is measured.
        foreach (BatchNormModule norm in _network.BatchNormModules)
        {
            norm.train();
        }

        int count = Math.Min(Images, _train.Count),
            size = Math.Min(Batch, count);
        for (int start = 0, batch = 1; start + size <= count; start += size, batch++)
        {
            using var scope = NewDisposeScope();
            foreach (BatchNormModule norm in _network.BatchNormModules)
            {
                norm.Momentum = 1.0 / batch;
            }

            _network.forward(_network.Prepare(Evaluator.Pixels(_train.Slice(start, size))));
        }
        foreach (BatchNormModule norm in _network.BatchNormModules)
        {
            norm.Momentum = BatchNormModule.DefaultMomentum;
        }

        _network.eval();
    }

    private void SaveCheckpoint(int epoch, Optimization optimization)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = _network.state_dict();
        optimization.Save(tensors);
        SafeTensors.Save(
            Path.Combine(_folder, CheckpointFile),
            tensors,
            new Dictionary<string, string>
            {
                ["fingerprint"] = _fingerprint,
                ["state"] = JsonSerializer.Serialize(
                    new CheckpointState(_seed, epoch, _trainSeconds, _processorSeconds, _peakBytes, _curves),
                    Experiment.Json
                ),
            }
        );
    }

    /// <summary>Takes up the checkpoint where there is one. Gives the number of epochs done.</summary>
    private int Resume(Optimization optimization)
    {
        string path = Path.Combine(_folder, CheckpointFile);
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            (IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata) = SafeTensors.Load(path);
            CheckpointState state = JsonSerializer.Deserialize<CheckpointState>(metadata["state"], Experiment.Json)!;
            RequireSame(metadata["fingerprint"], state.Seed);
            if (state.Epoch != state.Curves.TrainLoss.Count)
            {
                throw new InvalidDataException("its epochs do not add up");
            }

            Dictionary<string, Tensor> own = _network.state_dict();
            using (no_grad())
            {
                foreach ((string name, Tensor tensor) in own)
                {
                    tensor.copy_(tensors[name]);
                }

                optimization.Load(tensors);
            }
            _curves.TrainLoss.AddRange(state.Curves.TrainLoss);
            _curves.ValidationLoss.AddRange(state.Curves.ValidationLoss);
            _curves.ValidationAccuracy.AddRange(state.Curves.ValidationAccuracy);
            (_trainSeconds, _processorSeconds, _peakBytes) = (state.TrainSeconds, state.ProcessorSeconds, state.PeakBytes);
            return state.Epoch;
        }
        catch (Exception e) when (e is not ExperimentException) // Anything may come of a damaged optimizer state.
        {
            throw new ExperimentException(
                $"The checkpoint '{path}' is damaged ({e.Message.Split('\n')[0].TrimEnd('.')}); delete it to start the run over."
            );
        }
    }

    private void RequireSame(string fingerprint, int seed)
    {
        if (fingerprint != _fingerprint || seed != _seed)
        {
            throw new ExperimentException(
                $"The folder '{_folder}' holds a run of another experiment, seed or data set; delete it or choose another --out."
            );
        }
    }

    private static (ImageSet Train, ImageSet Validation) Split(Experiment experiment, Dataset data)
    {
        if (experiment.ValidationImages is not { } held)
        {
            return (data.Train, data.Validation);
        }

        int count = data.AllTrain.Count;
        return held < count
            ? (data.AllTrain.Slice(0, count - held), data.AllTrain.Slice(count - held, held))
            : throw new ExperimentException($"'{experiment.Name}' holds out {held} images of {count}; set validationImages lower.");
    }

    private static (double Mean, double Deviation) Statistics(ReadOnlySpan<byte> pixels)
    {
        double sum = 0,
            squares = 0;
        foreach (byte p in pixels)
        {
            sum += p;
            squares += p * p;
        }
        double mean = sum / pixels.Length;
        double deviation = Math.Sqrt(squares / pixels.Length - mean * mean);
        return (mean, deviation > 0 ? deviation : 1);
    }

    private sealed record CheckpointState(
        int Seed,
        int Epoch,
        double TrainSeconds,
        double ProcessorSeconds,
        long PeakBytes,
        TrainingCurves Curves
    );
}
