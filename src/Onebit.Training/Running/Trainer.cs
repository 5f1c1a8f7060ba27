using System.Diagnostics;
using System.Text.Json;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Trains one experiment with one seed in a folder of its own, see <see cref="RunFolder"/>. It writes a checkpoint after each epoch. A run
/// that was killed goes on from there, and ends with the numbers of an undisturbed run: all randomness of an epoch comes from a seed of
/// its own.
/// </summary>
public sealed class Trainer
{
    private readonly Experiment _experiment;
    private readonly int _seed;
    private readonly string _folder;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly Dataset _data;
    private readonly DataSplit _split;
    private readonly string _fingerprint;
    private readonly Network _network;
    private TrainingState _state;
    private DateTime _reported;

    /// <summary>Builds the network; <see cref="Run"/> trains it.</summary>
    /// <param name="experiment">What to train.</param>
    /// <param name="data">The images.</param>
    /// <param name="seed">Of weights, order and augmentation.</param>
    /// <param name="folder">The run's own folder.</param>
    /// <param name="progress">Told a few times per second.</param>
    /// <exception cref="ExperimentException">The network does not fit the images, or the folder holds another run.</exception>
    public Trainer(Experiment experiment, Dataset data, int seed, string folder, IProgress<TrainingProgress>? progress = null)
    {
        (_experiment, _data, _seed, _folder, _progress) = (experiment, data, seed, folder, progress);
        _split = DataSplit.Of(experiment, data);
        _fingerprint = Fingerprint(experiment, data);
        _state = new TrainingState(seed, 0, 0, 0, 0, []);
        manual_seed(seed);
        _network = NetworkFactory.Create(experiment, data);
    }

    /// <summary>What makes two runs of one seed the same: the experiment and the data.</summary>
    public static string Fingerprint(Experiment experiment, Dataset data) => Fingerprint(data) + experiment.ToCanonicalJson();

    /// <summary>What two runs on the same data have in common: how their fingerprints begin.</summary>
    public static string Fingerprint(Dataset data) => $"{data.Sha256}\n";

    /// <summary>Whether a run was trained on these images.</summary>
    public static bool IsOf(RunResult run, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Fingerprint.StartsWith(Fingerprint(data), StringComparison.Ordinal);
    }

    /// <summary>Trains what is left to train. A finished run is returned as it is.</summary>
    /// <exception cref="ExperimentException">The folder holds a run of something else, or another process trains in it.</exception>
    public RunResult Run(CancellationToken cancellation = default)
    {
        RunFolder.RequireFiles(_folder);
        if (Finished() is { } finished)
        {
            return finished;
        }

        OutputFolder.Require(_folder);
        using IDisposable folderLock = RunFolder.Lock(_folder);
        // The process that held the lock may have finished the run.
        if (Finished() is { } meanwhile)
        {
            return meanwhile;
        }

        using var scope = NewDisposeScope();
        if (_experiment.InitializeFrom is { } parent)
        {
            ParentRun.Initialize(_network, parent, _folder, _seed);
        }

        Network[] teachers = [.. (_experiment.Distillation?.Teachers ?? []).Select(t => ParentRun.Load(t, _folder, _seed, _data))];
        using ITask task = KnownTasks.Create(_experiment, _split, _data, teachers);
        var optimizer = new Optimizer(_experiment, _network);
        var checkpoint = new Checkpoint(_folder, _fingerprint);
        IReadOnlyDictionary<string, string> parents = ParentRun.Hashes(_experiment, _folder, _seed);
        _state = checkpoint.Load(_network, optimizer, RequireSame) ?? _state with { Parents = parents };
        ParentRun.RequireSame(_state.Parents, parents, _folder);
        using Tensor pixels = Evaluator.Pixels(_split.Train);
        while (_state.Epoch < _experiment.Epochs)
        {
            TrainEpoch(pixels, task, optimizer, cancellation);
            Divergence.Check(_experiment.Name, _state.Epoch + 1, _network);
            foreach ((string curve, double value) in task.Validate(_network))
            {
                Divergence.Check(_experiment.Name, _state.Epoch + 1, (curve, value));
                _state.Curves.Add(curve, value);
            }

            _state = _state with { Epoch = _state.Epoch + 1 };
            checkpoint.Save(_network, optimizer, _state);
        }
        if (optimizer.UseAverage())
        {
            manual_seed(_seed); // Stochastic weights are drawn, and have to be again after a kill.
            BatchNormRecalibration.Run(_network, task, _split.Train);
        }
        RunResult result = new RunFinisher(_experiment, _split, _fingerprint, _folder, _network, task).Finish(_state, optimizer.StateCount);
        checkpoint.Delete();
        File.Delete(Path.Combine(_folder, RunFolder.ProgressFile));
        return result;
    }

    private RunResult? Finished()
    {
        if (RunFolder.Load(_folder) is not { } finished)
        {
            return null;
        }

        RequireSame(finished.Fingerprint, finished.Seed);
        ParentRun.RequireSame(finished, _experiment, _folder);
        return finished;
    }

    private void TrainEpoch(Tensor pixels, ITask task, Optimizer optimizer, CancellationToken cancellation)
    {
        int epoch = _state.Epoch;
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
            optimizer.SetRate(_experiment.Schedule?.FactorAt(now, _experiment.Epochs) ?? 1);
            Tensor chosen = order.narrow(0, start, size);
            Tensor images = pixels.index_select(0, chosen);
            if (_experiment.Augmentation is { } augmentation && epoch < (augmentation.Epochs ?? int.MaxValue))
            {
                images = augmentation.Apply(images);
            }

            Tensor output = task.Loss(_network, images, chosen);
            if (_experiment.WeightRegularization is { } regularization && now >= regularization.Start * _experiment.Epochs)
            {
                Tensor[] latent = [.. _network.WeightModules.Where(l => l.IsBinarized).Select(l => l.Weight.flatten())];
                output += (cat(latent).abs() - 1).square().mean() * regularization.Weight;
            }

            optimizer.Step(output);
            loss += output.ToDouble() * size;
            Divergence.Check(_experiment.Name, epoch + 1, ("loss", loss));

            seen += size;
            Report(task, (double)seen / count, loss / seen, _state.TrainSeconds + clock.Elapsed.TotalSeconds);
        }
        _state.Curves.Add(TrainingCurves.TrainLossName, loss / seen);
        _state = _state with
        {
            TrainSeconds = _state.TrainSeconds + clock.Elapsed.TotalSeconds,
            ProcessorSeconds = _state.ProcessorSeconds + (Environment.CpuUsage.TotalTime - processor).TotalSeconds,
            PeakBytes = Math.Max(_state.PeakBytes, Process.GetCurrentProcess().PeakWorkingSet64),
        };
    }

    private void Report(ITask task, double share, double loss, double seconds)
    {
        if (DateTime.UtcNow - _reported < TimeSpan.FromSeconds(0.5))
        {
            return;
        }

        _reported = DateTime.UtcNow;
        double done = (_state.Epoch + share) / _experiment.Epochs;
        var progress = new TrainingProgress(
            _state.Epoch + 1,
            _experiment.Epochs,
            done,
            loss,
            seconds / done * (1 - done),
            task.Describe(_state.Curves)
        );
        _progress?.Report(progress);
        AtomicFile.WriteText(Path.Combine(_folder, RunFolder.ProgressFile), JsonSerializer.Serialize(progress, Experiment.Json));
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
}
