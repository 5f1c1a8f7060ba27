using System.Diagnostics;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Runs all experiments of a preset, measures inference, and writes <c>results.json</c>, <c>report.html</c> and pictures. What an earlier,
/// interrupted study in the same folder has finished is kept.
/// </summary>
public sealed class StudyRunner
{
    /// <summary>The report's file name.</summary>
    public const string ReportFile = "report.html";

    private readonly string _preset;
    private readonly string _folder;
    private readonly string? _archive;
    private readonly Shape? _size;
    private readonly int? _epochs;
    private readonly Dataset _data;
    private readonly IStudyTask _task;
    private readonly TrainingQueue _queue;
    private readonly PlannedRun[] _runs;

    /// <summary>Loads the preset and the data and checks that they fit.</summary>
    /// <param name="preset">A shipped preset's name or a folder.</param>
    /// <param name="data">A known data set's name or a folder.</param>
    /// <param name="folder">Where runs, results and report go.</param>
    /// <param name="command">How to start the <c>onebit</c> command with given arguments.</param>
    /// <param name="size">What images of a folder are scaled to; null: the standard.</param>
    /// <param name="epochs">Of every experiment; null: see <see cref="TrainingLength"/>.</param>
    /// <param name="archive">Where finished runs are kept, see <see cref="RunArchive"/>; null: nowhere.</param>
    /// <param name="loading">Told how far the data set is loaded.</param>
    /// <param name="told">Told how a folder of images was read, and what was left out.</param>
    /// <param name="noted">Told, before anything is trained, what will not be as the experiments say.</param>
    /// <exception cref="ExperimentException">An experiment is wrong.</exception>
    /// <exception cref="DatasetException">The data set is wrong.</exception>
    public StudyRunner(
        string preset,
        string data,
        string folder,
        Func<IReadOnlyList<string>, ProcessStartInfo> command,
        Shape? size = null,
        int? epochs = null,
        string? archive = null,
        IProgress<LoadProgress>? loading = null,
        Action<FolderReading>? told = null,
        Action<string>? noted = null
    )
    {
        (_preset, _folder, _archive, _epochs) = (preset, folder, archive, epochs);
        IReadOnlyList<Experiment> written = Preset.Load(preset);
        IsGeneration = written.Any(e => e.Generation is not null);
        if (IsGeneration && written.Any(e => e.Generation is null))
        {
            throw new ExperimentException("A study compares classifiers or diffusion models; put them into two folders.");
        }

        (_data, _size) = (DatasetLoader.Load(data, loading, size, told), size);
        _task = IsGeneration ? new GenerationStudy(_data) : new ClassificationStudy(_data);
        Experiment[] experiments = [.. written.Select(e => TrainingLength.Resolve(e, _data, epochs))];
        if (TrainingLength.Describe(written.Zip(experiments), epochs) is { } longer)
        {
            noted?.Invoke(longer);
        }

        var runs = new List<PlannedRun>();
        foreach (Experiment experiment in experiments)
        {
            var network = NetworkPlan.Of(experiment, _data);
            if (network.Obstacle is { } obstacle)
            {
                noted?.Invoke($"{experiment.Name} is trained, but not packed: {obstacle}");
            }

            runs.AddRange(
                experiment.Seeds.Select(seed => new PlannedRun(
                    experiment,
                    seed,
                    FolderOf(experiment, seed),
                    (double)network.MultiplyAccumulates * experiment.Epochs
                ))
            );
        }
        double all = runs.Sum(r => r.Cost);
        // The longest first, so that no core idles at the end.
        _runs = [.. runs.Select(r => r with { Cost = r.Cost / all }).OrderByDescending(r => r.Cost)];
        _queue = new TrainingQueue(_runs, data, size, epochs, command);
    }

    /// <summary>
    /// The experiments are diffusion models, see <see cref="ExecuteGeneration"/>; else classifiers, see <see cref="Execute"/>.
    /// </summary>
    public bool IsGeneration { get; }

    /// <summary>Trains, measures and writes. Returns what was written to <c>results.json</c>.</summary>
    /// <param name="jobs">Processes at a time.</param>
    /// <param name="finished">Trains nothing: what is finished already is measured and written.</param>
    /// <param name="progress">Told several times per second, every run each time.</param>
    /// <param name="measuring">Told which experiment is timed after the trainings.</param>
    /// <param name="unreadable">
    /// Told which finished runs cannot be used, and why. Then a study that trains nothing goes on without them. Any other study ends.
    /// </param>
    /// <param name="cancellation">Ends the training processes; what they checkpointed is kept.</param>
    /// <exception cref="ExperimentException">A run failed; says which and why.</exception>
    public StudyResults Execute(
        int jobs,
        bool finished = false,
        IProgress<IReadOnlyList<RunProgress>>? progress = null,
        IProgress<MeasuringProgress>? measuring = null,
        IProgress<string>? unreadable = null,
        CancellationToken cancellation = default
    )
    {
        Dictionary<PlannedRun, RunResult> done = Train(jobs, finished, progress, unreadable, cancellation);
        var task = (ClassificationStudy)_task;
        PlannedRun[][] experiments =
        [
            .. _runs
                .Where(done.ContainsKey)
                .GroupBy(r => r.Experiment.Name)
                .Select(g => g.OrderBy(r => r.Experiment.Seeds.ToList().IndexOf(r.Seed)).ToArray()),
        ];
        StudyRun[] rows =
        [
            .. experiments.Select(
                (seeds, i) =>
                {
                    measuring?.Report(new MeasuringProgress(seeds[0].Experiment.Name, (double)i / experiments.Length));
                    return task.Measure(seeds[0].Experiment, seeds.Select(s => done[s]), seeds[0].Folder);
                }
            ),
        ];
        List<string> methods = [.. Method.All.Select(m => m.Name)];
        var results = new StudyResults(
            1,
            _preset,
            Machine.Describe(),
            DatasetInfo.Of(_data, _size, task.HardImages),
            [
                .. rows.OrderBy(r => r.MultiplyAccumulates)
                    .ThenBy(r => r.Network, StringComparer.Ordinal)
                    .ThenBy(r => methods.IndexOf(r.Method))
                    .ThenByDescending(r => r.InputBits)
                    .ThenBy(r => r.WeightBits)
                    .ThenBy(r => r.ActivationBits)
                    .ThenBy(r => r.Experiment, StringComparer.Ordinal),
            ],
            Missing(done),
            ProgramInfo.Now(),
            _epochs
        );
        results.Save(_folder);
        task.WriteReport(results, _folder, ReportFile);
        return results;
    }

    /// <summary>Trains diffusion models, measures what they draw and writes. Returns what was written to <c>generation.json</c>.</summary>
    /// <inheritdoc cref="Execute"/>
    public GenerationResults ExecuteGeneration(
        int jobs,
        bool finished = false,
        IProgress<IReadOnlyList<RunProgress>>? progress = null,
        IProgress<MeasuringProgress>? measuring = null,
        IProgress<string>? unreadable = null,
        CancellationToken cancellation = default
    )
    {
        Dictionary<PlannedRun, RunResult> done = Train(jobs, finished, progress, unreadable, cancellation);
        using var task = (GenerationStudy)_task;
        List<string> methods = [.. Method.All.Select(m => m.Name)];
        (PlannedRun Run, RunResult Result)[] runs =
        [
            .. done.Select(r => (Run: r.Key, Result: r.Value))
                .OrderBy(r => r.Run.Experiment.Network.Name, StringComparer.Ordinal)
                .ThenBy(r => methods.IndexOf(r.Run.Experiment.Method.Name))
                .ThenByDescending(r => r.Result.ActivationBits)
                .ThenBy(r => r.Run.Experiment.Name, StringComparer.Ordinal)
                .ThenBy(r => r.Run.Seed),
        ];
        return task.Execute(_preset, runs, Missing(done), (_size, _epochs), _folder, ReportFile, measuring);
    }

    /// <summary>All trainings of the study, for another program to start, those that others need first.</summary>
    /// <exception cref="ExperimentException">Runs need each other, or a finished one cannot be used.</exception>
    public IReadOnlyList<StudyTask> Tasks()
    {
        OutputFolder.Require(_folder);
        TakeArchived();
        return _queue.Tasks(Finished(null));
    }

    /// <summary>Finishes all runs, or takes those that are finished.</summary>
    private Dictionary<PlannedRun, RunResult> Train(
        int jobs,
        bool finished,
        IProgress<IReadOnlyList<RunProgress>>? progress,
        IProgress<string>? unreadable,
        CancellationToken cancellation
    )
    {
        OutputFolder.Require(_folder);
        TakeArchived();
        Dictionary<PlannedRun, RunResult> done = Finished(finished ? unreadable : null);
        if (finished && done.Count == 0)
        {
            throw new ExperimentException(
                $"The folder '{_folder}' holds no finished run of '{_preset}'; leave out --finished to train them."
            );
        }

        if (!finished)
        {
            _queue.Train(jobs, done, progress, cancellation);
        }

        foreach (PlannedRun run in done.Keys.Where(r => _archive is not null && !File.Exists(Archived(r))))
        {
            // A diffusion model that is not packed draws from its weights.
            bool isDrawnFrom = run.Experiment.Generation is not null && !done[run].Packed;
            RunArchive.Add(run.Folder, Archived(run)!, isDrawnFrom || _queue.IsParent(run));
        }

        return done;
    }

    private void TakeArchived()
    {
        foreach (PlannedRun run in _runs.Where(r => File.Exists(Archived(r)) && !File.Exists(Path.Combine(r.Folder, RunFolder.ResultFile))))
        {
            RunArchive.Extract(Archived(run)!, run.Folder, Trainer.Fingerprint(run.Experiment, _data));
        }
    }

    private MissingRun[]? Missing(Dictionary<PlannedRun, RunResult> done)
    {
        MissingRun[] missing =
        [
            .. _runs
                .Where(r => !done.ContainsKey(r))
                .Select(r => new MissingRun(r.Experiment.Name, r.Seed))
                .OrderBy(m => m.Experiment, StringComparer.Ordinal)
                .ThenBy(m => m.Seed),
        ];
        return missing.Length == 0 ? null : missing;
    }

    private string? Archived(PlannedRun run) =>
        _archive is null ? null : RunArchive.PathOf(_archive, _preset, Path.GetFileName(run.Folder));

    private string FolderOf(Experiment experiment, int seed) => Path.Combine(_folder, "runs", $"{experiment.Name}-seed{seed}");

    /// <param name="unreadable">Told which runs cannot be used and are left out; null: the first of them ends the study.</param>
    private Dictionary<PlannedRun, RunResult> Finished(IProgress<string>? unreadable)
    {
        var results = new Dictionary<PlannedRun, RunResult>();
        foreach (PlannedRun run in _runs)
        {
            try
            {
                if (RunFolder.Load(run.Folder) is { } result)
                {
                    results[run] = Checked(run, result);
                }
            }
            catch (ExperimentException e) when (unreadable is not null)
            {
                unreadable.Report(e.Message);
            }
        }
        return results;
    }

    /// <summary>A run's folder may be half-written, edited or a stranger's.</summary>
    private RunResult Checked(PlannedRun run, RunResult result)
    {
        if (result.Fingerprint != Trainer.Fingerprint(run.Experiment, _data) || result.Seed != run.Seed)
        {
            throw new ExperimentException(
                $"The folder '{run.Folder}' holds a run of another experiment, seed or data set; delete it or choose another --out."
            );
        }

        ParentRun.RequireSame(result, run.Experiment, run.Folder);
        return (result.FindMistake(_data) ?? _task.FindMistake(result, run.Folder)) is { } mistake
            ? throw new ExperimentException($"The run in '{run.Folder}' cannot be used: {mistake}; delete that folder to train it again.")
            : result;
    }
}
