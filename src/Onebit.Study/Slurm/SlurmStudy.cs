using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// A study on a cluster with Slurm: job arrays with one task per training, and a last job that writes the report. Slurm queues, limits and
/// accounts. All nodes see the study's folder.
/// </summary>
/// <param name="folder">The study's folder.</param>
/// <param name="program">How to start the <c>onebit</c> command: a program and its first arguments.</param>
public sealed class SlurmStudy(string folder, IReadOnlyList<string> program)
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(folder), "slurm");

    /// <summary>Submits every training that is neither finished nor in Slurm's queue, and then the report.</summary>
    /// <param name="tasks">All trainings.</param>
    /// <param name="report">Arguments of the <c>onebit</c> command that measures what is finished.</param>
    /// <param name="partition">Slurm's partition; null: the cluster's default.</param>
    /// <param name="concurrent">The most trainings at a time; null: as many as there is room for.</param>
    /// <returns>How many trainings were submitted.</returns>
    /// <exception cref="ExperimentException">Slurm refused; the message says why.</exception>
    public int Submit(IReadOnlyList<StudyTask> tasks, IReadOnlyList<string> report, string? partition, int? concurrent)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(report);
        if (_folder.Contains('%', StringComparison.Ordinal))
        {
            throw new ExperimentException($"Slurm reads '%' in the name of a log as a pattern; choose another --out than '{_folder}'.");
        }

        Directory.CreateDirectory(_folder);
        SlurmJobs known = SlurmJobs.Load(_folder);
        Dictionary<string, string> active = Active(known);
        var arrays = new List<SlurmArray>(known.Arrays);
        string[] running = [.. known.Arrays.Where(a => a.Runs.Any(active.ContainsKey)).Select(a => a.Job)];
        string[] queue = partition is null ? [] : ["--partition", partition];
        int submitted = 0;
        foreach (var level in tasks.Where(t => !t.IsFinished && !active.ContainsKey(t.Name)).GroupBy(t => t.Level).OrderBy(g => g.Key))
        {
            StudyTask[] now = [.. level];
            string[] before = [.. running, .. arrays.Skip(known.Arrays.Count).Select(a => a.Job)];
            string list = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"runs-{arrays.Count}.txt"));
            AtomicFile.WriteText(list, string.Concat(now.Select(t => StudyTask.CommandLine(program, t.Arguments) + "\n")));
            string limit = concurrent is { } most ? string.Create(CultureInfo.InvariantCulture, $"%{most}") : "";
            string job = Batch(
                [
                    "--array",
                    string.Create(CultureInfo.InvariantCulture, $"0-{now.Length - 1}{limit}"),
                    "--output",
                    Path.Combine(_folder, "%A_%a.log"),
                    .. level.Key > 0 ? Dependency(before) : [],
                    .. queue,
                ],
                // A line of the list is a command, quoted for the shell.
                $"eval \"exec $(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" {Display.Argument(list)})\"\nexit 1"
            );
            arrays.Add(new SlurmArray(job, [.. now.Select(t => t.Name)]));
            new SlurmJobs(arrays, known.Report).Save(_folder);
            submitted += now.Length;
        }

        if (submitted == 0 && running.Length > 0)
        {
            return 0; // The report is waiting for them already.
        }

        string[] all = [.. running, .. arrays.Skip(known.Arrays.Count).Select(a => a.Job)];
        string last = Batch(
            ["--output", Path.Combine(_folder, "report-%j.log"), .. Dependency(all), .. queue],
            "exec " + StudyTask.CommandLine(program, report)
        );
        new SlurmJobs(arrays, last).Save(_folder);
        if (known.Report is { } earlier)
        {
            try
            {
                _ = Run("scancel", [earlier], null); // It would come before what was submitted now.
            }
            catch (ExperimentException)
            {
                // It has ended long ago.
            }
        }

        return submitted;
    }

    /// <summary>What Slurm does with each training that was submitted.</summary>
    /// <param name="tasks">Gives all trainings.</param>
    /// <returns>
    /// For each of them <c>finished</c>, <c>running</c>, <c>waiting</c>, <c>failed</c> or <c>not submitted</c>, and why it failed.
    /// </returns>
    /// <exception cref="ExperimentException">Slurm does not answer.</exception>
    public IReadOnlyList<(StudyTask Task, string State, string? Reason)> Status(Func<IReadOnlyList<StudyTask>> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        SlurmJobs known = SlurmJobs.Load(_folder);
        // Slurm first: what leaves its queue meanwhile is finished.
        Dictionary<string, string> active = known.Arrays.Count > 0 ? Active(known) : [];
        return
        [
            .. tasks()
                .Select(task =>
                    task.IsFinished ? (task, "finished", null)
                    : active.TryGetValue(task.Name, out string? state) ? (task, state, null)
                    : known.Arrays.LastOrDefault(a => a.Runs.Contains(task.Name)) is { } array
                        ? (task, "failed", LastLine(array, task.Name))
                    : (task, "not submitted", (string?)null)
                ),
        ];
    }

    /// <summary>The runs that Slurm has in its queue, and whether they run or wait.</summary>
    private static Dictionary<string, string> Active(SlurmJobs known)
    {
        var active = new Dictionary<string, string>();
        // The job of an array, the index in it and its state, one line per task.
        foreach (string line in Run("squeue", ["--noheader", "--array", "--format", "%F %K %t"], null).Split('\n'))
        {
            if (
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var job, var index, var state]
                && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int task)
                && known.Arrays.FirstOrDefault(a => a.Job == job) is { } array
                && task < array.Runs.Count
                && state is not ("CD" or "CA" or "F" or "NF" or "TO" or "OOM" or "BF" or "DL")
            )
            {
                active[array.Runs[task]] = state is "R" or "CG" ? "running" : "waiting";
            }
        }

        return active;
    }

    private string? LastLine(SlurmArray array, string run)
    {
        string log = Path.Combine(
            _folder,
            string.Create(CultureInfo.InvariantCulture, $"{array.Job}_{array.Runs.ToList().IndexOf(run)}.log")
        );
        return File.Exists(log) ? File.ReadLines(log).LastOrDefault(l => l.Trim().Length > 0) : "it was never started";
    }

    /// <summary>Waits until some jobs have ended. A training whose parent failed then ends with a sentence.</summary>
    private static string[] Dependency(string[] jobs) => jobs.Length == 0 ? [] : ["--dependency", $"afterany:{string.Join(':', jobs)}"];

    /// <summary>Submits a script.</summary>
    /// <returns>The job's number.</returns>
    private static string Batch(IEnumerable<string> options, string line) =>
        // A cluster's name may follow the number. A killed node's task is queued again and resumes.
        Run("sbatch", ["--parsable", "--requeue", "--open-mode", "append", "--job-name", "onebit", .. options], $"#!/bin/sh\n{line}\n")
            .Trim()
            .Split(';')[0];

    private static string Run(string tool, IReadOnlyList<string> arguments, string? input)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            try
            {
                process.StandardInput.Write(input ?? "");
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading. Its exit code says more.
            }

            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? output
                : throw new ExperimentException($"Slurm's {tool} refused: {error.Result.Trim().Split('\n')[^1].TrimEnd('.')}.");
        }
        catch (Win32Exception)
        {
            throw new ExperimentException($"Slurm's {tool} is not installed here; run the command where jobs are submitted.");
        }
    }
}
