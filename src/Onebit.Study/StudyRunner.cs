using System.Diagnostics;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Runs all experiments of a preset, each seed in a process of its own so that its peak memory means something, then
/// measures inference and writes <c>results.json</c>, <c>report.html</c> and its first picture. What an earlier, interrupted study in the
/// same folder has finished is kept.
/// </summary>
public sealed class StudyRunner
{
    /// <summary>The report's file name.</summary>
    public const string ReportFile = "report.html";

    /// <summary>The file name of the report's first picture, for use elsewhere.</summary>
    public const string PictureFile = "accuracy-against-bytes.svg";

    /// <summary>The same of packed runs beside published figures, where there are any.</summary>
    public const string FrontierFile = "frontier.svg";

    /// <summary>What more planes bring and cost, where a method was trained with several numbers of them.</summary>
    public const string PlanesFile = "planes.svg";

    private readonly string _preset;
    private readonly string _dataArgument;
    private readonly string _folder;
    private readonly string? _archive;
    private readonly Shape? _size;
    private readonly Dataset _data;
    private readonly int[]? _hardSet;
    private readonly Func<IReadOnlyList<string>, ProcessStartInfo> _command;
    private readonly List<Run> _runs;

    /// <summary>Loads the preset and the data and checks that they fit.</summary>
    /// <param name="preset">A shipped preset's name or a folder.</param>
    /// <param name="data">A known data set's name or a folder.</param>
    /// <param name="folder">Where runs, results and report go.</param>
    /// <param name="command">How to start the <c>onebit</c> command with given arguments.</param>
    /// <param name="size">What images of a folder are scaled to; null: the standard.</param>
    /// <param name="archive">Where finished runs are kept, see <see cref="RunArchive"/>; null: nowhere.</param>
    /// <param name="loading">Told how far the data set is loaded.</param>
    /// <exception cref="ExperimentException">An experiment is wrong.</exception>
    /// <exception cref="DatasetException">The data set is wrong.</exception>
    public StudyRunner(
        string preset,
        string data,
        string folder,
        Func<IReadOnlyList<string>, ProcessStartInfo> command,
        Shape? size = null,
        string? archive = null,
        IProgress<LoadProgress>? loading = null
    )
    {
        (_preset, _dataArgument, _folder, _command, _archive) = (preset, data, folder, command, archive);
        IReadOnlyList<Experiment> experiments = Preset.Load(preset);
        (_data, _size) = (DatasetLoader.Load(data, loading, size), size);
        _hardSet = HardSet.Find(_data.Test);
        var runs = new List<Run>();
        foreach (Experiment experiment in experiments)
        {
            using Network network = Trainer.CreateNetwork(experiment, _data);
            runs.AddRange(
                experiment.Seeds.Select(seed => new Run(
                    experiment,
                    seed,
                    RunFolder(experiment, seed),
                    (double)network.MultiplyAccumulates * experiment.Epochs
                ))
            );
        }
        double all = runs.Sum(r => r.Cost);
        // The longest first, so that no core idles at the end.
        _runs = [.. runs.Select(r => r with { Cost = r.Cost / all }).OrderByDescending(r => r.Cost)];
    }

    /// <summary>Trains, measures and writes. Returns what was written to <c>results.json</c>.</summary>
    /// <param name="jobs">Processes at a time.</param>
    /// <param name="finished">Trains nothing: what is finished already is measured and written.</param>
    /// <param name="progress">Told several times a second, every run each time.</param>
    /// <param name="status">Told what is done after the trainings.</param>
    /// <param name="cancellation">Ends the training processes; what they checkpointed is kept.</param>
    /// <exception cref="ExperimentException">A run failed; says which and why.</exception>
    public StudyResults Execute(
        int jobs,
        bool finished = false,
        IProgress<IReadOnlyList<RunProgress>>? progress = null,
        IProgress<string>? status = null,
        CancellationToken cancellation = default
    )
    {
        foreach (Run run in _runs.Where(r => File.Exists(Archived(r)) && RunResult.Load(r.Folder) is null))
        {
            RunArchive.Extract(Archived(run)!, run.Folder, Trainer.Fingerprint(run.Experiment, _data));
        }

        Dictionary<Run, RunResult> done = Finished();
        if (finished && done.Count == 0)
        {
            throw new ExperimentException(
                $"The folder '{_folder}' holds no finished run of '{_preset}'; leave out --finished to train them."
            );
        }

        Directory.CreateDirectory(_folder);
        if (!finished)
        {
            Train(jobs, done, progress, cancellation);
        }

        foreach (Run run in done.Keys.Where(r => _archive is not null && !File.Exists(Archived(r))))
        {
            RunArchive.Add(run.Folder, Archived(run)!);
        }

        Run[][] experiments =
        [
            .. _runs
                .Where(done.ContainsKey)
                .GroupBy(r => r.Experiment.Name)
                .Select(g => g.OrderBy(r => r.Experiment.Seeds.ToList().IndexOf(r.Seed)).ToArray()),
        ];
        StudyRun[] rows =
        [
            .. experiments.Select(seeds =>
            {
                status?.Report($"Timing inference of {seeds[0].Experiment.Name}");
                return Row(seeds, [.. seeds.Select(s => done[s])]);
            }),
        ];
        List<string> methods = [.. Method.All.Select(m => m.Name)];
        MissingRun[] missing =
        [
            .. _runs
                .Where(r => !done.ContainsKey(r))
                .Select(r => new MissingRun(r.Experiment.Name, r.Seed))
                .OrderBy(m => m.Experiment, StringComparer.Ordinal)
                .ThenBy(m => m.Seed),
        ];
        var results = new StudyResults(
            1,
            _preset,
            Machine.Describe(),
            DatasetInfo.Of(_data, _size, _hardSet?.Length),
            [
                .. rows.OrderBy(r => r.MultiplyAccumulates)
                    .ThenBy(r => r.Network, StringComparer.Ordinal)
                    .ThenBy(r => methods.IndexOf(r.Method))
                    .ThenByDescending(r => r.InputBits)
                    .ThenBy(r => r.WeightBits)
                    .ThenBy(r => r.ActivationBits)
                    .ThenBy(r => r.Experiment, StringComparer.Ordinal),
            ],
            missing.Length == 0 ? null : missing
        );
        results.Save(_folder);
        Dictionary<string, byte[]> predictions = experiments.ToDictionary(
            seeds => seeds[0].Experiment.Name,
            seeds => done[seeds[0]].TestPredictions
        );
        AtomicFile.WriteText(Path.Combine(_folder, PictureFile), Charts.AccuracyAgainstBytes(results));
        if (Published.Beside(results) is { Count: > 0 } published)
        {
            AtomicFile.WriteText(Path.Combine(_folder, FrontierFile), Charts.Frontier(results, published));
        }

        if (Ranking.Planes(results) is { Count: > 0 } planes)
        {
            AtomicFile.WriteText(Path.Combine(_folder, PlanesFile), Charts.Planes(results, planes));
        }

        AtomicFile.WriteText(Path.Combine(_folder, ReportFile), ReportWriter.Write(results, predictions, _data.Test, _hardSet));
        return results;
    }

    private string? Archived(Run run) => _archive is null ? null : RunArchive.PathOf(_archive, _preset, Path.GetFileName(run.Folder));

    private string RunFolder(Experiment experiment, int seed) => Path.Combine(_folder, "runs", $"{experiment.Name}-seed{seed}");

    private Dictionary<Run, RunResult> Finished()
    {
        var results = new Dictionary<Run, RunResult>();
        foreach (Run run in _runs)
        {
            if (RunResult.Load(run.Folder) is not { } result)
            {
                continue;
            }

            results[run] =
                result.Fingerprint == Trainer.Fingerprint(run.Experiment, _data)
                    ? result
                    : throw new ExperimentException(
                        $"The folder '{run.Folder}' holds a run of another experiment or data set; delete it or choose another --out."
                    );
        }
        return results;
    }

    private void Train(
        int jobs,
        Dictionary<Run, RunResult> results,
        IProgress<IReadOnlyList<RunProgress>>? progress,
        CancellationToken cancellation
    )
    {
        List<Run> waiting = [.. _runs.Where(r => !results.ContainsKey(r))];
        var running = new Dictionary<Run, Child>();
        try
        {
            while (waiting.Count + running.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                while (running.Count < jobs && waiting.Find(r => Earlier(r).All(results.ContainsKey)) is { } next)
                {
                    waiting.Remove(next);
                    running[next] = new Child(_command(Arguments(next)));
                }
                if (running.Count == 0)
                {
                    throw new ExperimentException(
                        $"'{waiting[0].Name}' and runs that it needs (its start or teachers) need each other; break the circle."
                    );
                }

                foreach ((Run run, Child child) in running.Where(r => r.Value.HasExited).ToArray())
                {
                    running.Remove(run);
                    using (child)
                    {
                        results[run] =
                            child.ExitCode == 0 && RunResult.Load(run.Folder) is { } result
                                ? result
                                : throw new ExperimentException($"Training '{run.Name}' failed: {child.LastError}");
                    }
                }
                progress?.Report([
                    .. _runs.Select(r =>
                        results.TryGetValue(r, out RunResult? result) ? new RunProgress(r.Name, r.Cost, 1, null, result)
                        : Progress(r) is { } at && running.ContainsKey(r) ? new RunProgress(r.Name, r.Cost, at.Done, at, null)
                        : new RunProgress(r.Name, r.Cost, 0, null, null)
                    ),
                ]);
                Thread.Sleep(200);
            }
        }
        finally
        {
            foreach (Child child in running.Values)
            {
                child.Dispose();
            }
        }
    }

    /// <summary>The study's own runs that this one needs. Others have to be finished already.</summary>
    private IEnumerable<Run> Earlier(Run run) =>
        run
            .Experiment.ParentRuns.Select(name =>
                EarlierRun
                    .Places(name, run.Folder, run.Seed)
                    .Select(place => _runs.Find(r => Path.GetFullPath(r.Folder) == place))
                    .FirstOrDefault(r => r is not null)
            )
            .OfType<Run>();

    private string[] Arguments(Run run) =>
        [
            "train",
            run.Experiment.File,
            "--seed",
            run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "--data",
            _dataArgument,
            .. _size is { } size ? ["--size", DatasetInfo.SizeText(size)] : (string[])[],
            "--out",
            run.Folder,
            "--threads",
            "1",
            "--child",
        ];

    private static TrainingProgress? Progress(Run run)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingProgress>(
                File.ReadAllText(Path.Combine(run.Folder, Trainer.ProgressFile)),
                Experiment.Json
            );
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // Not begun, or just done.
        }
    }

    private StudyRun Row(IReadOnlyList<Run> seeds, IReadOnlyList<RunResult> results)
    {
        Experiment experiment = seeds[0].Experiment;
        RunResult first = results[0];
        string file = Path.Combine(seeds[0].Folder, Trainer.ModelFile);
        BitModel? model = first.Packed ? BitModel.Load(file) : null;
        (Latency own, PeerLatency peer) = InferenceTimer.Measure(experiment, _data, model);
        Spread Over(Func<RunResult, double> value) => Spread.Of(results.Select(value));
        return new StudyRun
        {
            Experiment = experiment.Name,
            Note = experiment.Note,
            Network = experiment.Network.Name,
            Method = experiment.Method.Name,
            InputBits = first.InputBits,
            WeightBits = first.WeightBits,
            ActivationBits = first.ActivationBits,
            Parameters = first.Parameters,
            BinaryParameters = first.BinaryParameters,
            MultiplyAccumulates = first.MultiplyAccumulates,
            PeakActivationBytes = model is null ? null : ActivationMemory.Peak(model),
            Packed = first.Packed,
            NotPackedBecause = first.NotPackedBecause,
            ModelBytes = results.Max(r => r.ModelBytes),
            Seeds = [.. seeds.Select(s => s.Seed)],
            TestAccuracy = Over(r => r.TestAccuracy),
            UnfoldedTestAccuracy = Over(r => r.UnfoldedTestAccuracy),
            ValidationAccuracy = Over(r => r.ValidationAccuracy),
            TestLoss = Over(r => r.TestLoss),
            HardSetAccuracy = _hardSet is null ? null : Over(r => HardSet.Accuracy(_data.Test, r.TestPredictions, _hardSet)),
            Forms = first.Forms,
            EvaluatedForm = first.EvaluatedForm,
            TrainImages = first.TrainImages,
            ValidationImages = first.ValidationImages,
            Epochs = first.Epochs,
            TrainSeconds = Over(r => r.TrainSeconds),
            TrainProcessorSeconds = Over(r => r.TrainProcessorSeconds),
            TrainingModelBytes = first.TrainingModelBytes,
            PeakTrainingBytes = results.Max(r => r.PeakTrainingBytes),
            InferenceNanoseconds = own,
            Peer = peer,
            Ratio = new Latency(peer.Batch1 / own.Batch1, peer.Batch256 / own.Batch256),
            Confusion = Evaluation.Confusion(_data.Test.Labels.Span, first.TestPredictions, _data.ClassCount),
            Curves = first.Curves,
        };
    }

    private sealed record Run(Experiment Experiment, int Seed, string Folder, double Cost)
    {
        public string Name => Experiment.Seeds.Count == 1 ? Experiment.Name : $"{Experiment.Name}, seed {Seed}";
    }

    /// <summary>A training process. It ends by itself when its standard input closes, so none outlives the study.</summary>
    private sealed class Child : IDisposable
    {
        private readonly Process _process;
        private string? _lastError;

        internal Child(ProcessStartInfo command)
        {
            command.RedirectStandardInput = command.RedirectStandardOutput = command.RedirectStandardError = true;
            _process = Process.Start(command)!;
            _process.OutputDataReceived += (_, _) => { };
            _process.ErrorDataReceived += (_, e) => _lastError = string.IsNullOrWhiteSpace(e.Data) ? _lastError : e.Data;
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        internal bool HasExited => _process.HasExited;

        internal int ExitCode => _process.ExitCode;

        internal string LastError
        {
            get
            {
                _process.WaitForExit(); // Until all of its output is read.
                return _lastError ?? $"its process ended with code {_process.ExitCode}.";
            }
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.StandardInput.Close();
                if (!_process.WaitForExit(10_000))
                {
                    _process.Kill();
                }
            }
            _process.Dispose();
        }
    }
}
