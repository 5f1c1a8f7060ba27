using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Trains the runs of a study, each in a process of its own, so that its peak memory means something. Runs that others need come first.
/// </summary>
/// <param name="runs">In this order, as far as they do not wait for each other.</param>
/// <param name="data">A known data set's name or a folder.</param>
/// <param name="size">What images of a folder are scaled to; null: the standard.</param>
/// <param name="epochs">Of every run, where the user asked for it; null: as <see cref="TrainingLength"/> says.</param>
/// <param name="command">How to start the <c>onebit</c> command with given arguments.</param>
internal sealed class TrainingQueue(
    IReadOnlyList<PlannedRun> runs,
    string data,
    Shape? size,
    int? epochs,
    Func<IReadOnlyList<string>, ProcessStartInfo> command
)
{
    /// <summary>Trains every run that has no result yet.</summary>
    /// <param name="jobs">Processes at a time.</param>
    /// <param name="results">The finished runs; the new ones are added.</param>
    /// <param name="progress">Told several times per second, every run each time.</param>
    /// <param name="cancellation">Ends the processes; what they checkpointed is kept.</param>
    /// <exception cref="ExperimentException">A run failed; says which and why.</exception>
    internal void Train(
        int jobs,
        Dictionary<PlannedRun, RunResult> results,
        IProgress<IReadOnlyList<RunProgress>>? progress,
        CancellationToken cancellation
    )
    {
        List<PlannedRun> waiting = [.. runs.Where(r => !results.ContainsKey(r))];
        var running = new Dictionary<PlannedRun, TrainingProcess>();
        try
        {
            while (waiting.Count + running.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                while (running.Count < jobs && waiting.Find(r => Parents(r).All(results.ContainsKey)) is { } next)
                {
                    waiting.Remove(next);
                    running[next] = new TrainingProcess(command([.. Arguments(next), "--child"]));
                }
                if (running.Count == 0)
                {
                    throw Circle(waiting[0]);
                }

                foreach ((PlannedRun run, TrainingProcess child) in running.Where(r => r.Value.HasExited).ToArray())
                {
                    running.Remove(run);
                    using (child)
                    {
                        results[run] =
                            child.ExitCode == 0 && RunFolder.Load(run.Folder) is { } result
                                ? result
                                : throw new ExperimentException($"Training '{run.Name}' failed: {child.LastError}");
                    }
                }
                progress?.Report([
                    .. runs.Select(r =>
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
            foreach (TrainingProcess child in running.Values)
            {
                child.Dispose();
            }
        }
    }

    /// <summary>The trainings for another program to start, those that others need first.</summary>
    /// <param name="results">The finished runs.</param>
    /// <exception cref="ExperimentException">Runs need each other.</exception>
    internal IReadOnlyList<StudyTask> Tasks(IReadOnlyDictionary<PlannedRun, RunResult> results) =>
        [
            .. runs.Select(r => new StudyTask(
                    Path.GetFileName(r.Folder),
                    Arguments(r),
                    Level(r, runs.Count),
                    results.ContainsKey(r),
                    results.ContainsKey(r) ? null : Progress(r)
                ))
                .OrderBy(t => t.Level),
        ];

    private int Level(PlannedRun run, int most) =>
        most < 0 ? throw Circle(run) : Parents(run).Select(p => 1 + Level(p, most - 1)).DefaultIfEmpty().Max();

    private static ExperimentException Circle(PlannedRun run) =>
        new($"'{run.Name}' and the runs that it needs (initializeFrom or teachers) need each other; break the circle.");

    /// <summary>Whether another run of the study needs this one.</summary>
    internal bool IsParent(PlannedRun run) => runs.Any(r => Parents(r).Contains(run));

    /// <summary>The study's own runs that this one needs. Others have to be finished already.</summary>
    private IEnumerable<PlannedRun> Parents(PlannedRun run) =>
        run
            .Experiment.ParentRuns.Select(name =>
                ParentRun
                    .Places(name, run.Folder, run.Seed)
                    .Select(place => runs.FirstOrDefault(r => Path.GetFullPath(r.Folder) == place))
                    .FirstOrDefault(r => r is not null)
            )
            .OfType<PlannedRun>();

    private string[] Arguments(PlannedRun run) =>
        [
            "train",
            run.Experiment.File,
            "--seed",
            run.Seed.ToString(CultureInfo.InvariantCulture),
            "--data",
            data,
            .. size is null ? (string[])[] : ["--size", DatasetInfo.SizeText(size.Value)],
            .. epochs is { } asked ? ["--epochs", asked.ToString(CultureInfo.InvariantCulture)] : (string[])[],
            "--out",
            run.Folder,
            "--threads",
            "1",
        ];

    private static TrainingProgress? Progress(PlannedRun run)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingProgress>(
                InputFile.ReadText(Path.Combine(run.Folder, RunFolder.ProgressFile)),
                Experiment.Json
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null; // Not begun, or just done.
        }
    }
}
